/** Builds derived tables where they are missing, and remembers small results: the same question is answered once. */
import { z } from 'zod';
import type { ObjectStore, QueryEngine, Row } from '../ports.ts';
import { atMost } from './at-most.ts';
import { decode, encode } from './catalog.ts';
import type { Derived, DerivedTable } from './derived.ts';
import { partitionKey } from './tables.ts';

const rowsSchema = z.array(z.record(z.string(), z.string().nullable()));

export type Lake = {
  /** Results that it is worth asking for at a time. */
  readonly concurrency: number;
  /** The rows of a small result: from the store when it was asked before, otherwise from the engine. */
  rows(derived: Derived): Promise<readonly Row[]>;
  /** Builds what a result is made of, so that asking for it later is one query. */
  prepare(derived: Derived): Promise<void>;
  /** Writes a result as CSV to a new local file. */
  exportCsv(derived: Derived, path: string): Promise<void>;
};

export const openLake = (store: ObjectStore, engine: QueryEngine): Lake => {
  /**
   * Tables that were begun: who needs one as well waits for it, and whoever found it missing a while ago does not build
   * it again. Its file would be replaced under those who read it.
   */
  const begun = new Map<string, Promise<void>>();

  const build = (table: DerivedTable): Promise<void> => {
    const key = partitionKey(table.target);
    const known = begun.get(key);
    if (known !== undefined) return known;
    const built = engine.materialise(table.sql, table.reads, table.target);
    begun.set(key, built);
    built.catch(() => begun.delete(key));
    return built;
  };

  /** Makes sure that tables are stored, building what they are made of first. */
  const ensure = async (tables: readonly DerivedTable[]): Promise<void> => {
    // Down to what exists, then up again: a chain of a hundred months is no deep recursion.
    const missing = new Map<string, DerivedTable>();
    const waiting = [...tables];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const key = partitionKey(next.target);
      if (missing.has(key) || (await engine.has(next.target))) continue;
      missing.set(key, next);
      waiting.push(...next.inputs);
    }
    while (missing.size > 0) {
      const ready = [...missing].filter(
        ([, made]) => !made.inputs.some(({ target }) => missing.has(partitionKey(target))),
      );
      await atMost(engine.concurrency, ready, async ([key, made]) => {
        await build(made);
        missing.delete(key);
      });
    }
  };

  const answer = async (derived: Derived, key: string): Promise<readonly Row[]> => {
    const known = await store.get(key);
    if (known !== null) return decode(rowsSchema, known.bytes, key, `Delete ${key}: the next run makes it anew.`);
    await ensure(derived.inputs);
    const rows = await engine.query(derived.sql, derived.reads);
    await store.put(key, encode(rows));
    return rows;
  };

  /** Questions on their way to an answer: all windows ask for the book that they close with. */
  const asked = new Map<string, Promise<readonly Row[]>>();

  return {
    concurrency: engine.concurrency,

    rows(derived) {
      const key = `lake/results/${derived.query}/month=${derived.month}/${derived.hash}.json`;
      const answered = asked.get(key) ?? answer(derived, key).finally(() => asked.delete(key));
      asked.set(key, answered);
      return answered;
    },

    prepare: (derived) => ensure(derived.inputs),

    async exportCsv(derived, path) {
      await ensure(derived.inputs);
      await engine.exportCsv(derived.sql, derived.reads, path);
    },
  };
};
