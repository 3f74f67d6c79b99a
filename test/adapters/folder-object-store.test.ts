import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { ReportError } from '../../functions/errors.ts';
import { objectStoreContract } from '../contract/object-store.ts';

objectStoreContract('a folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'folder-'));
  return {
    store: folderObjectStore(root),
    again: () => folderObjectStore(root),
    dispose: () => rm(root, { recursive: true, force: true }),
  };
});

describe('the folder object store', () => {
  let home: string;
  const bytes = new TextEncoder().encode('one');

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'folder-'));
  });
  afterAll(async () => {
    await rm(home, { recursive: true, force: true });
  });

  const failureOf = async (work: Promise<unknown>): Promise<ReportError> => {
    const failure = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ReportError);
    return failure as ReportError;
  };

  it('makes its folder at the first write and not before', async () => {
    const root = join(home, 'not', 'yet');
    const store = folderObjectStore(root);
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
    expect(await store.get('a')).toBeNull();
    expect(existsSync(root)).toBe(false);
    await store.put('a', bytes);
    expect(await Array.fromAsync(store.list(''))).toEqual(['a']);
  });

  it('works on a relative folder', async () => {
    const root = join(home, 'relative');
    await folderObjectStore(relative(process.cwd(), root)).put('x/y/z', bytes);
    expect(await Array.fromAsync(folderObjectStore(root).list(''))).toEqual(['x/y/z']);
  });

  it('has the sha256 of the bytes as etag', async () => {
    const etag = await folderObjectStore(join(home, 'etag')).put('a', new Uint8Array());
    expect(etag).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('leaves no temporary file behind, whether the put wrote or not', async () => {
    const root = join(home, 'clean');
    const store = folderObjectStore(root);
    await store.put('a', bytes);
    await store.put('a', bytes, { ifAbsent: true });
    await store.put('a', bytes, { ifMatch: 'other' });
    await mkdir(join(root, 'b'));
    await failureOf(store.put('b', bytes));
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  it('refuses keys in its own scratch folder, and never lists it', async () => {
    const root = join(home, 'scratch');
    const store = folderObjectStore(root);
    await store.put('a', bytes);
    await writeFile(join(root, '.tmp', `put-${process.pid}-x`), 'half');
    await expect(store.get(`.tmp/put-${process.pid}-x`)).rejects.toThrow(RangeError);
    expect(await Array.fromAsync(store.list(''))).toEqual(['a']);
    expect(await Array.fromAsync(store.list('.'))).toEqual([]);
  });

  it('survives a kill in the middle of a write: nothing half is seen, and the next writer sweeps up', async () => {
    const root = join(home, 'killed');
    const adapter = pathToFileURL(join(import.meta.dirname, '../../functions/adapters/folder-object-store.ts')).href;
    const script = `const { folderObjectStore } = await import(${JSON.stringify(adapter)});
      const store = folderObjectStore(${JSON.stringify(root)});
      await store.put('a', new Uint8Array(8).fill(1));
      process.stdout.write('ready');
      for (let fill = 2; ; fill++) await store.put('a', new Uint8Array(64 * 1024 * 1024).fill(fill % 250));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const scratch = join(root, '.tmp');
    while ((await readdir(scratch)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await writeFile(join(scratch, 'notes'), 'not ours');

    const store = folderObjectStore(root);
    const { bytes: found } = (await store.get('a'))!;
    expect([8, 64 * 1024 * 1024]).toContain(found.length);
    expect(found.every((byte) => byte === found[0])).toBe(true);
    expect(await Array.fromAsync(store.list(''))).toEqual(['a']);
    await store.put('b', bytes);
    expect(await readdir(scratch)).toEqual(['notes']);
  });

  it('moves a file across file systems', async (context) => {
    const other = '/dev/shm';
    if (!existsSync(other) || (await stat(other)).dev === (await stat(home)).dev) return context.skip();
    const elsewhere = await mkdtemp(join(other, 'folder-'));
    try {
      const file = join(elsewhere, 'file');
      await writeFile(file, 'one');
      const store = folderObjectStore(join(home, 'across'));
      await store.putFile('a/b', file);
      expect(new TextDecoder().decode((await store.get('a/b'))?.bytes)).toBe('one');
      expect(existsSync(file)).toBe(false);
      expect(await readdir(join(home, 'across', '.tmp'))).toEqual([]);
    } finally {
      await rm(elsewhere, { recursive: true, force: true });
    }
  });

  it('keeps the file when its key cannot be taken', async () => {
    const root = join(home, 'kept');
    await mkdir(join(root, 'a', 'b'), { recursive: true });
    const file = join(home, 'finished');
    await writeFile(file, 'one');
    const failure = await failureOf(folderObjectStore(root).putFile('a', file));
    expect(failure.code).toBe('DISK');
    expect(existsSync(file)).toBe(true);
  });

  it('moves regular files only', async () => {
    await expect(folderObjectStore(join(home, 'regular')).putFile('a', home)).rejects.toThrow(RangeError);
  });

  it('names key, folder and a way out when the disk refuses', async () => {
    const root = join(home, 'refused');
    const store = folderObjectStore(root);
    await store.put('a', bytes);
    const failure = await failureOf(store.put('a/b', bytes));
    expect(failure).toMatchObject({ kind: 'dependency', code: 'DISK' });
    expect(failure.message).toContain('a/b');
    expect(failure.hint).toContain('rename one of them');
    const long = await failureOf(store.put('x'.repeat(300), bytes));
    expect(long.hint).toContain('255 bytes');
  });

  it('tells of missing rights', async (context) => {
    if (process.getuid?.() === 0) return context.skip(); // root may write anywhere
    const root = join(home, 'locked');
    await mkdir(root);
    await chmod(root, 0o500);
    const failure = await failureOf(folderObjectStore(root).put('a', bytes));
    expect(failure.hint).toContain('write access');
    await chmod(root, 0o700);
  });

  it('tells of a full disk', async (context) => {
    const small = join(home, 'small');
    await mkdir(small);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]).status === 0;
    if (!mounted) return context.skip();
    try {
      const store = folderObjectStore(small);
      const failure = await failureOf(store.put('a', new Uint8Array(2 * 1024 * 1024)));
      expect(failure.message).toContain('ENOSPC');
      expect(failure.hint).toContain('Free space');
      expect(await store.get('a')).toBeNull();
      expect(await store.put('a', bytes)).not.toBeNull();
    } finally {
      spawnSync('umount', [small]);
    }
  });
});
