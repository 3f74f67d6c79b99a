/** Builds derived tables where they are missing, and remembers small results: the same question is answered once. */
import { z } from 'zod';
import type { ObjectStore, QueryEngine, Row } from '../ports.ts';
import { decode, encode } from './catalog.ts';
import type { Derived, DerivedTable } from './lineage.ts';
import { partitionKey } from './tables.ts';

const rowsSchema = z.array(z.record(z.string(), z.string().nullable()));

export type Lake = {
  /** The rows of a small result: from the store when it was asked before, otherwise from the engine. */
  rows(derived: Derived): Promise<readonly Row[]>;
  /** Writes a result as CSV to a new local file. */
  exportCsv(derived: Derived, path: string): Promise<void>;
};

export const openLake = (store: ObjectStore, engine: QueryEngine): Lake => {
  /** Makes sure that a table is stored, building what it is made of first. */
  const ensure = async (table: DerivedTable): Promise<void> => {
    // Down to what exists, then up again: a chain of a hundred months is no deep recursion.
    const missing = new Map<string, DerivedTable>();
    const waiting = [table];
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
      for (const [key, made] of ready) {
        await engine.materialise(made.sql, made.reads, made.target);
        missing.delete(key);
      }
    }
  };

  const ensureInputs = async (derived: Derived) => {
    for (const input of derived.inputs) await ensure(input);
  };

  return {
    async rows(derived) {
      const key = `lake/results/${derived.query}/month=${derived.month}/${derived.hash}.json`;
      const known = await store.get(key);
      if (known !== null) return decode(rowsSchema, known.bytes, key, `Delete ${key}: the next run makes it anew.`);
      await ensureInputs(derived);
      const rows = await engine.query(derived.sql, derived.reads);
      await store.put(key, encode(rows));
      return rows;
    },

    async exportCsv(derived, path) {
      await ensureInputs(derived);
      await engine.exportCsv(derived.sql, derived.reads, path);
    },
  };
};
