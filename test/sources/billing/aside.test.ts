/** What is put aside comes back in parts, everything of a key in one of them and in its order. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Aside, putAside, readAside } from '../../../functions/sources/billing/aside.ts';

let root: string;
let dir: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'aside-'));
  dir = join(root, 'by-key');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function* pagesOf(records: readonly Aside[], size = 100): AsyncGenerator<readonly Aside[]> {
  for (let from = 0; from < records.length; from += size) yield records.slice(from, from + size);
}

const records = (keys: number, each: number, letters = 0): Aside[] =>
  Array.from({ length: each }, (_, turn) =>
    Array.from({ length: keys }, (_, key) => ({ key: `k${key}`, text: `k${key} ${turn} ${'x'.repeat(letters)}` })),
  ).flat();

it('nothing is lost, and a key is in one part in its order', async () => {
  await putAside(dir, pagesOf(records(5000, 3)));
  const seen = new Map<string, string[]>();
  for await (const part of readAside(dir)) {
    const here = Map.groupBy(part, (text) => text.split(' ')[0] ?? '');
    // Parts are small: a thousandth of the whole, more or less.
    expect(part.length).toBeLessThan(100);
    for (const [key, texts] of here) {
      expect(seen.has(key)).toBe(false);
      seen.set(
        key,
        texts.map((text) => text.split(' ')[1] ?? ''),
      );
    }
  }
  expect(seen.size).toBe(5000);
  expect([...seen.values()].every((turns) => turns.join() === '0,1,2')).toBe(true);
});

it('is the same whether it was written at once or in many turns', async () => {
  // 24 million letters: more than may wait.
  const many = records(400, 3, 20_000);
  await putAside(dir, pagesOf(many));
  const texts = (await Array.fromAsync(readAside(dir))).flat();
  expect(texts).toHaveLength(1200);
  const ofOne = texts.filter((text) => text.startsWith('k7 '));
  expect(ofOne.map((text) => text.slice(0, 4))).toEqual(['k7 0', 'k7 1', 'k7 2']);
});

it('is there when it is whole and not before; what is there is not made again', async () => {
  async function* cut(): AsyncGenerator<readonly Aside[]> {
    yield [{ key: 'a', text: 'first' }];
    throw new Error('cut');
  }
  await expect(putAside(dir, cut())).rejects.toThrow('cut');
  expect(existsSync(dir)).toBe(false);
  await putAside(dir, pagesOf([{ key: 'a', text: 'second' }]));
  await putAside(dir, cut());
  expect(await Array.fromAsync(readAside(dir))).toEqual([['second']]);
});

it('takes text of any script', async () => {
  const text = JSON.stringify({ name: 'Zoë\u2028 株式会社 \ud800 "quoted"\nline' });
  await putAside(dir, pagesOf([{ key: 'a', text }]));
  expect(await Array.fromAsync(readAside(dir))).toEqual([[text]]);
});
