/** What every ObjectStore must do. Each adapter's test runs this suite with its own way to open an empty store. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../functions/ports.ts';

export type ObjectStoreHarness = {
  readonly store: ObjectStore;
  /** A second handle on the same objects, as another process would have. */
  readonly again: () => ObjectStore;
  readonly dispose: () => Promise<void>;
};

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

const oddKeys = [
  'month=2026-10/revision=1/report.json',
  '.hidden/.file',
  'a b/c  d',
  'it\'s/(quoted), "twice"',
  'plus+percent%20%2F/amp&eq=?#hash',
  'Zürich/東京/🙂',
  '...',
  'a..b/..c',
  '-rf/--help',
  'line\nbreak',
  '.tmpfile',
  'UPPER/upper',
  '[x]*{y}',
];

const notKeys = [
  '',
  '/',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  '../a',
  'a/../b',
  'a/.',
  './a',
  'a\\b',
  '..\\a',
  'nul\0',
  '\ud800',
];

export const objectStoreContract = (name: string, open: () => Promise<ObjectStoreHarness>): void => {
  describe(`${name} as an object store`, () => {
    let harness: ObjectStoreHarness;
    let store: ObjectStore;
    let scratch: string;

    beforeEach(async () => {
      harness = await open();
      store = harness.store;
      scratch = await mkdtemp(join(tmpdir(), 'object-store-'));
    });
    afterEach(async () => {
      await harness.dispose();
      await rm(scratch, { recursive: true, force: true });
    });

    const keys = (prefix: string): Promise<string[]> => Array.fromAsync(store.list(prefix));
    const read = async (key: string): Promise<string> => textOf((await store.get(key))?.bytes);

    it('gives back what was put, under the etag that put returned', async () => {
      const etag = await store.put('a/b', bytesOf('one'));
      const found = await store.get('a/b');
      expect(textOf(found?.bytes)).toBe('one');
      expect(found?.etag).toBe(etag);
      expect(textOf((await harness.again().get('a/b'))?.bytes)).toBe('one');
    });

    it('has null for a key that is absent', async () => {
      await store.put('a/b', bytesOf('one'));
      for (const absent of ['x', 'a', 'a/b/c', 'a/bb']) {
        expect(await store.get(absent)).toBeNull();
        expect(await store.localFile(absent)).toBeNull();
      }
    });

    it('replaces an object, with another etag for other bytes', async () => {
      const first = await store.put('a', bytesOf('one'));
      const second = await store.put('a', bytesOf('two'));
      expect(await read('a')).toBe('two');
      expect(second).not.toBe(first);
    });

    it('keeps an empty object', async () => {
      expect(await store.put('empty', new Uint8Array())).not.toBeNull();
      expect((await store.get('empty'))?.bytes.length).toBe(0);
    });

    it('keeps a big object byte for byte', async () => {
      const bytes = randomBytes(24 * 1024 * 1024 + 1);
      await store.put('big', bytes);
      const digest = (of: Uint8Array) => createHash('sha256').update(of).digest('hex');
      expect(digest((await store.get('big'))!.bytes)).toBe(digest(bytes));
      expect(digest(await readFile((await store.localFile('big'))!))).toBe(digest(bytes));
    });

    it('does not keep hold of the bytes it was given', async () => {
      const bytes = bytesOf('one');
      await store.put('a', bytes);
      bytes.fill(0);
      expect(await read('a')).toBe('one');
    });

    it.each(oddKeys)('takes the odd key %j', async (key) => {
      await store.put(key, bytesOf(key));
      expect(await read(key)).toBe(key);
      expect(await keys('')).toEqual([key]);
      expect(textOf(await readFile((await store.localFile(key))!))).toBe(key);
    });

    it.each(notKeys)('refuses %j as a key with a RangeError', async (key) => {
      const file = join(scratch, 'file');
      await writeFile(file, 'one');
      await expect(store.get(key)).rejects.toThrow(RangeError);
      await expect(store.put(key, bytesOf('one'))).rejects.toThrow(RangeError);
      await expect(store.localFile(key)).rejects.toThrow(RangeError);
      await expect(store.putFile(key, file)).rejects.toThrow(RangeError);
      expect(await keys('')).toEqual([]);
      expect(await readdir(scratch)).toEqual(['file']);
    });

    it.each(['/', '/a', '../', 'a/../', 'a\\', 'a//'])('refuses %j as a prefix with a RangeError', async (prefix) => {
      await expect(keys(prefix)).rejects.toThrow(RangeError);
    });

    describe('list', () => {
      const sorted = ['a!', 'a', 'a-/x', 'a.b', 'ab/c', 'aa/b', 'B', 'b/1', 'b/10', 'b/2', 'é', 'z/y/x/w'].sort();

      beforeEach(async () => {
        for (const key of sorted.toReversed()) await store.put(key, bytesOf(key));
      });

      it('has every key once, in code unit order', async () => {
        expect(await keys('')).toEqual(sorted);
      });

      it.each([
        ['b/', ['b/1', 'b/10', 'b/2']],
        ['b/1', ['b/1', 'b/10']],
        ['a', ['a', 'a!', 'a-/x', 'a.b', 'aa/b', 'ab/c']],
        ['z/y', ['z/y/x/w']],
        ['z/y/', ['z/y/x/w']],
        ['z/y/x/w', ['z/y/x/w']],
        ['z/y/x/w/', []],
        ['nothing/', []],
      ])('below %j', async (prefix, expected) => {
        expect(await keys(prefix)).toEqual(expected);
      });
    });

    it('lists nothing in an empty store', async () => {
      expect(await keys('')).toEqual([]);
    });

    it('orders a name before the folder that extends it by a smaller character', async () => {
      for (const key of ['x/1', 'x.y', 'x-', 'x0']) await store.put(key, bytesOf(key));
      expect(await keys('x')).toEqual(['x-', 'x.y', 'x/1', 'x0']);
    });

    it('orders by code units where bytes would order otherwise', async () => {
      const sorted = ['a', 'a🙂', 'a🙂b', 'a\ufb01', 'a\ufb01x/y', 'ab🙂', 'ab\ufb01', 'b', '🙂', '\ufb01'].sort();
      for (const key of sorted) await store.put(key, bytesOf(key));
      expect(await keys('')).toEqual(sorted);
    });

    describe('conditions', () => {
      it('ifAbsent writes once', async () => {
        expect(await store.put('a', bytesOf('one'), { ifAbsent: true })).not.toBeNull();
        expect(await store.put('a', bytesOf('two'), { ifAbsent: true })).toBeNull();
        expect(await read('a')).toBe('one');
      });

      it('of many puts ifAbsent at once exactly one wins', async () => {
        const writers = Array.from({ length: 16 }, (_, at) => `writer ${at}`);
        const etags = await Promise.all(
          writers.map((text, at) =>
            (at % 2 === 0 ? store : harness.again()).put('deep/er/a', bytesOf(text), { ifAbsent: true }),
          ),
        );
        const winners = writers.filter((_, at) => etags[at] !== null);
        expect(winners).toHaveLength(1);
        expect(await read('deep/er/a')).toBe(winners[0]);
      });

      it('ifMatch replaces exactly the object that was read', async () => {
        const etag = (await store.put('a', bytesOf('one')))!;
        const next = await store.put('a', bytesOf('two'), { ifMatch: etag });
        expect(next).not.toBeNull();
        expect(await store.put('a', bytesOf('three'), { ifMatch: etag })).toBeNull();
        expect(await read('a')).toBe('two');
        expect((await store.get('a'))?.etag).toBe(next);
      });

      it('ifAbsent has one winner even when rivals write the very same bytes', async () => {
        const both = await Promise.all(
          [store, harness.again()].map((one) => one.put('a', bytesOf('the same'), { ifAbsent: true })),
        );
        expect(both.filter((etag) => etag !== null)).toHaveLength(1);
      });

      it('ifMatch does not make an absent key', async () => {
        const etag = (await store.put('a', bytesOf('one')))!;
        expect(await store.put('b', bytesOf('one'), { ifMatch: etag })).toBeNull();
        expect(await store.get('b')).toBeNull();
      });

      it('of many puts ifMatch at once exactly one wins', async () => {
        const etag = (await store.put('a', bytesOf('zero')))!;
        const etags = await Promise.all(
          Array.from({ length: 8 }, (_, at) => store.put('a', bytesOf(`writer ${at}`), { ifMatch: etag })),
        );
        expect(etags.filter((found) => found !== null)).toHaveLength(1);
      });
    });

    it('never shows a reader half of a write', async () => {
      const versions = [1, 2, 3, 4].map((fill) => new Uint8Array(1024 * 1024).fill(fill));
      await store.put('a', versions[0]!);
      let done = false;
      const writing = (async () => {
        for (let round = 0; round < 24; round++) await store.put('a', versions[round % versions.length]!);
        done = true;
      })();
      let reads = 0;
      while (!done) {
        const { bytes } = (await harness.again().get('a'))!;
        expect(bytes.length).toBe(1024 * 1024);
        expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
        expect(await keys('')).toEqual(['a']);
        reads += 1;
      }
      await writing;
      expect(reads).toBeGreaterThan(0);
    });

    it('leaves a get as it was when the object is replaced later', async () => {
      await store.put('a', bytesOf('one'));
      const found = await store.get('a');
      await store.put('a', bytesOf('two'));
      expect(textOf(found?.bytes)).toBe('one');
    });

    describe('putFile', () => {
      it('moves a local file to its key, replacing what was there', async () => {
        const file = join(scratch, 'table.parquet');
        await store.put('lake/table', bytesOf('old'));
        await writeFile(file, 'new');
        await store.putFile('lake/table', file);
        expect(await read('lake/table')).toBe('new');
        expect(await keys('')).toEqual(['lake/table']);
        await expect(stat(file)).rejects.toThrow('ENOENT');
      });

      it('gives the etag that a condition can use', async () => {
        const file = join(scratch, 'file');
        await writeFile(file, 'one');
        await store.putFile('a', file);
        const { etag } = (await store.get('a'))!;
        expect(await store.put('a', bytesOf('two'), { ifMatch: etag })).not.toBeNull();
      });

      it('fails for a file that does not exist and writes nothing', async () => {
        await expect(store.putFile('a', join(scratch, 'none'))).rejects.toThrow();
        expect(await keys('')).toEqual([]);
      });
    });
  });
};
