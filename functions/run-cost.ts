/** What a run's queries read: one record a query, so that a step which is called again counts none twice. */
import { z } from 'zod';
import { decode } from './lake/catalog.ts';
import type { ObjectStore } from './ports.ts';

const folder = (run: string) => `runs/${run}/queries/`;

/** Where a run keeps the record of a query. */
export const queryKey = (run: string, queryExecutionId: string): string => `${folder(run)}${queryExecutionId}.json`;

const costSchema = z.object({ bytesScanned: z.int().nonnegative() });

/** Bytes that the engine has read for a run so far. */
export const costOf = async (run: string, store: ObjectStore): Promise<number> => {
  let bytes = 0;
  for await (const key of store.list(folder(run))) {
    const stored = await store.get(key);
    if (stored !== null)
      bytes += decode(costSchema, stored.bytes, key, `Delete ${key}: it is for information only.`).bytesScanned;
  }
  return bytes;
};
