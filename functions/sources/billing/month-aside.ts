/** What a month's lists tell, put aside on disk: what is held in memory does not grow with the account. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Aside, putAside, readAside } from './aside.ts';
import type { PullRequest } from './port.ts';

/** Parts can be read again and again, until it is disposed of. */
export type MonthAside = AsyncDisposable & { parts(): AsyncGenerator<readonly string[]> };

/**
 * Puts records aside in the folder `name` of the request's scratch folder, once for all who ask, or in a folder of its own
 * that goes when it is disposed of.
 */
export const monthAside = async (
  { scratch }: PullRequest,
  name: string,
  records: AsyncIterable<readonly Aside[]>,
): Promise<MonthAside> => {
  const own = scratch === undefined ? await mkdtemp(join(tmpdir(), 'billing-')) : null;
  const dir = join(scratch ?? own ?? '', name);
  const remove = async () => {
    if (own !== null) await rm(own, { recursive: true, force: true });
  };
  try {
    await putAside(dir, records);
  } catch (error) {
    await remove();
    throw error;
  }
  return { parts: () => readAside(dir), [Symbol.asyncDispose]: remove };
};
