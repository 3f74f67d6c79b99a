/** What the lake builds, and how often. */
import { describe, expect, it } from 'vitest';
import { parseMonth } from '../../functions/core/month.ts';
import type { Derived, DerivedTable } from '../../functions/lake/derived.ts';
import { openLake } from '../../functions/lake/lake.ts';
import { partitionKey } from '../../functions/lake/tables.ts';
import type { ObjectStore, QueryEngine } from '../../functions/ports.ts';

const month = parseMonth('2026-10');
const table = (name: string, inputs: readonly DerivedTable[] = []): DerivedTable => ({
  query: 'book',
  month,
  sql: name,
  hash: name,
  reads: inputs.map(({ target }) => target),
  inputs,
  target: { table: name, month, version: '1' },
});
const result = (name: string, inputs: readonly DerivedTable[]): Derived => ({
  query: 'cells',
  month,
  sql: name,
  hash: name,
  reads: inputs.map(({ target }) => target),
  inputs,
});

/** An engine that takes its time and remembers what it was asked. */
const engineOf = (concurrency: number) => {
  const asked: string[] = [];
  const stored = new Set<string>();
  const engine: QueryEngine = {
    name: 'slow 1',
    concurrency,
    has: async (partition) => stored.has(partitionKey(partition)),
    query: async (sql) => {
      asked.push(sql);
      return [{ answer: sql }];
    },
    materialise: async (sql, reads, target) => {
      for (const read of reads) if (!stored.has(partitionKey(read))) throw new Error(`${sql} before its input`);
      asked.push(sql);
      await new Promise((resolve) => setTimeout(resolve, sql === 'slow' ? 40 : 2));
      stored.add(partitionKey(target));
    },
    exportCsv: async () => {},
  };
  return { asked, engine };
};

const memory = (): ObjectStore => {
  const objects = new Map<string, Uint8Array>();
  return {
    get: async (key) => {
      const bytes = objects.get(key);
      return bytes === undefined ? null : { bytes, etag: key };
    },
    put: async (key, bytes) => {
      objects.set(key, bytes);
      return key;
    },
    putFile: async () => {},
    localFile: async () => null,
    async *list() {},
  };
};

describe('the lake', () => {
  const book = table('book');
  const [left, right] = [table('left', [book]), table('right', [book])];

  it.each([1, 4])('builds what a result is made of once, inputs first, %i at a time', async (concurrency) => {
    const { asked, engine } = engineOf(concurrency);
    const lake = openLake(memory(), engine);
    await lake.prepare(result('both', [left, right]));
    expect(asked.slice(0, 1)).toEqual(['book']);
    expect(asked.slice(1).sort()).toEqual(['left', 'right']);
  });

  it('builds a table once for two who need it at the same time', async () => {
    const { asked, engine } = engineOf(4);
    const lake = openLake(memory(), engine);
    await Promise.all([lake.rows(result('one', [left])), lake.rows(result('two', [right]))]);
    expect(asked.filter((sql) => sql === 'book')).toHaveLength(1);
  });

  it('does not build a table again for somebody who found it missing and came to it late', async () => {
    const { asked, engine } = engineOf(1);
    const lake = openLake(memory(), engine);
    const late = lake.prepare(result('late', [book, table('slow')]));
    await Promise.all([late, lake.prepare(result('early', [book]))]);
    expect(asked.toSorted()).toEqual(['book', 'slow']);
  });

  it('asks for a small result once', async () => {
    const { asked, engine } = engineOf(1);
    const store = memory();
    for (const lake of [openLake(store, engine), openLake(store, engine)])
      expect(await lake.rows(result('one', [left]))).toEqual([{ answer: 'one' }]);
    expect(asked).toEqual(['book', 'left', 'one']);
  });

  it('asks once for a small result that two want at the same time', async () => {
    const { asked, engine } = engineOf(4);
    const lake = openLake(memory(), engine);
    const both = await Promise.all([lake.rows(result('one', [left])), lake.rows(result('one', [left]))]);
    expect(both).toEqual([[{ answer: 'one' }], [{ answer: 'one' }]]);
    expect(asked.filter((sql) => sql === 'one')).toHaveLength(1);
  });

  it('tries again after a failure', async () => {
    const { asked, engine } = engineOf(1);
    let failures = 1;
    const failing: QueryEngine = {
      ...engine,
      materialise: async (...request) => {
        if (failures > 0) {
          failures -= 1;
          throw new Error('out of order');
        }
        return engine.materialise(...request);
      },
    };
    const lake = openLake(memory(), failing);
    await expect(lake.prepare(result('one', [book]))).rejects.toThrow('out of order');
    await lake.prepare(result('one', [book]));
    expect(asked).toEqual(['book']);
  });
});
