/** One run at a time in a home: the lock of a process is seen by others, and goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockHome } from '../../functions/adapters/home-lock.ts';

let home: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  home = join(await mkdtemp(join(tmpdir(), 'lock-')), 'home');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(join(home, '..'), { recursive: true, force: true });
});

/** Another process that takes the lock; tells "held", or the code of its failure, and then waits. */
const rival = async (): Promise<{ child: ChildProcess; told: string }> => {
  const adapter = pathToFileURL(join(import.meta.dirname, '../../functions/adapters/home-lock.ts')).href;
  const script = `const { lockHome } = await import(${JSON.stringify(adapter)});
    try { await lockHome(${JSON.stringify(home)}); process.stdout.write('held'); } catch (error) { process.stdout.write(error.code); }
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [told] = await once(child.stdout, 'data');
  return { child, told: `${told}` };
};

test('while one process holds it no other gets it; a killed process holds nothing', async () => {
  const { child, told } = await rival();
  expect(told).toBe('held');
  await expect(lockHome(home)).rejects.toMatchObject({
    kind: 'dependency',
    code: 'BUSY',
    hint: expect.stringContaining('--home'),
  });
  expect((await rival()).told).toBe('BUSY');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const unlock = await lockHome(home);
  expect((await rival()).told).toBe('BUSY');
  unlock();
  expect((await rival()).told).toBe('held');
});

test('of processes that start together in a new home one gets it', async () => {
  const told = await Promise.all([rival(), rival(), rival()]);
  expect(told.map((each) => each.told).sort()).toEqual(['BUSY', 'BUSY', 'held']);
  for (const { child } of told) child.kill('SIGKILL');
});

test('it leaves one file behind, and can be taken again', async () => {
  for (let round = 0; round < 2; round++) (await lockHome(home))();
  expect(await readdir(home)).toEqual(['.lock']);
});

test('a home that cannot be made or written is a failure of the disk, and not a busy home', async () => {
  await writeFile(home, 'a file');
  await expect(lockHome(home)).rejects.toMatchObject({ kind: 'dependency', code: 'DISK' });
  await rm(home);
  await mkdir(join(home, '.lock'), { recursive: true });
  await expect(lockHome(home)).rejects.toMatchObject({ kind: 'dependency', code: 'DISK' });
});
