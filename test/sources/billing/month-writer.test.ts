/** A month comes into its place whole or not at all, whatever stops it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseMonth } from '../../../functions/core/month.ts';
import { writeMonth } from '../../../functions/sources/billing/month-writer.ts';
import type { Batch } from '../../../functions/sources/billing/port.ts';
import { treeOf } from '../../pipeline/folder.ts';

const month = parseMonth('2026-10');
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'month-writer-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const batch = (mrr: string): Batch => ({
  rows: { lines: [{ customer_id: 'c', mrr }], customers: [{ customer_id: 'c' }] },
  control: { lines: 1, mrr: { USD: mrr } },
  counts: { lines: 1, odd: 1 },
});

async function* of(...batches: readonly (Batch | Error)[]): AsyncGenerator<Batch> {
  for (const one of batches) {
    if (one instanceof Error) throw one;
    yield one;
  }
}

const written = () => treeOf(join(dir, month));
const text = (name: string) => readFile(join(dir, month, name), 'utf8');

it('has rows in parts, totals that are added up exactly, and what is made of the counts', async () => {
  const said = await writeMonth(dir, month, of(batch('0.1000'), batch('0.2000')), (counts) => [`${counts.odd} odd`]);
  expect(await text('lines/part-00001.ndjson')).toBe(
    '{"customer_id":"c","mrr":"0.1000"}\n{"customer_id":"c","mrr":"0.2000"}\n',
  );
  const control = { lines: 2, mrr: { USD: '0.3000' } };
  expect(JSON.parse(await text('control.json'))).toEqual({ ...control, notes: ['2 odd'] });
  expect(said).toEqual({ control, counts: { lines: 2, odd: 2 }, notes: ['2 odd'] });
});

it('keeps rates and opportunities that somebody put there, in one file or in parts', async () => {
  await writeMonth(dir, month, of(batch('1.0000')));
  await mkdir(join(dir, month, 'fx'));
  await writeFile(join(dir, month, 'fx/part-1.csv'), 'currency,rate\nEUR,1.1\n');
  await writeFile(join(dir, month, 'opportunities.csv.gz'), 'as it is');
  await writeMonth(dir, month, of(batch('2.0000')));
  expect(await text('fx/part-1.csv')).toContain('EUR,1.1');
  expect(await text('opportunities.csv.gz')).toBe('as it is');
  expect(await text('lines/part-00001.ndjson')).toContain('2.0000');
});

describe('until it is whole', () => {
  it('there is no month, or the older one as it was', async () => {
    const fails = () => writeMonth(dir, month, of(batch('1.0000'), new Error('cut')));
    await expect(fails()).rejects.toThrow('cut');
    expect(await written()).toEqual({});
    await writeMonth(dir, month, of(batch('2.0000')));
    const whole = await written();
    expect(Object.keys(whole)).toHaveLength(3);
    await expect(fails()).rejects.toThrow('cut');
    expect(await written()).toEqual(whole);
    await writeMonth(dir, month, of(batch('3.0000')));
    expect(await text('lines/part-00001.ndjson')).toContain('3.0000');
  });

  it('a kill leaves the older one as it was, and the next write is not disturbed by what it left', async () => {
    await writeMonth(dir, month, of(batch('2.0000')));
    await writeFile(join(dir, month, 'fx.csv'), 'currency,rate\nEUR,1.1\n');
    const whole = await written();
    // Writes more than is held back, says so, and never ends.
    const script = `
      const { writeMonth } = await import(${JSON.stringify(join(import.meta.dirname, '../../../functions/sources/billing/month-writer.ts'))});
      const rows = Array.from({ length: 5000 }, () => ({ customer_id: 'c', mrr: '9.0000' }));
      async function* forever() {
        yield { rows: { lines: rows }, control: { lines: 5000, mrr: {} }, counts: {} };
        console.log('written');
        await new Promise((resolve) => setTimeout(resolve, 600_000));
      }
      await writeMonth(${JSON.stringify(dir)}, '2026-10', forever());`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await written()).toEqual(whole);
    await writeMonth(dir, month, of(batch('3.0000')));
    expect(Object.keys(await treeOf(dir)).sort()).toEqual(
      Object.keys(whole)
        .map((name) => join(month, name))
        .sort(),
    );
    expect(await text('lines/part-00001.ndjson')).toBe('{"customer_id":"c","mrr":"3.0000"}\n');
    expect(await text('fx.csv')).toContain('EUR,1.1');
  });

  it('a kill between the two renames loses no rates', async () => {
    await mkdir(join(dir, month), { recursive: true });
    await writeFile(join(dir, month, 'fx.csv'), 'currency,rate\nEUR,1.1\n');
    await rename(join(dir, month), join(dir, `.${month}.old`));
    await writeMonth(dir, month, of(batch('2.0000')));
    expect(await text('fx.csv')).toContain('EUR,1.1');
    expect(Object.keys(await treeOf(dir)).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
