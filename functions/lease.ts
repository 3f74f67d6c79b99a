/** One run at a time pulls a month, or writes its revision: on AWS runs share buckets, and no folder lock holds them apart. */
import { z } from 'zod';
import type { Month } from './core/month.ts';
import { dependencyError } from './errors.ts';
import { decode, encode } from './lake/catalog.ts';
import type { Clock, ObjectStore, PutCondition } from './ports.ts';

const leaseSchema = z.strictObject({ holder: z.string().nullable(), until: z.iso.datetime() });

/** What a month is held for: where the lease lies, and what its holder does. */
const works = {
  archive: { prefix: 'runs/leases/month=', doing: 'archiving' },
  pull: { prefix: 'runs/leases/pull=', doing: 'pulling' },
} as const;

export type Lease = {
  readonly month: Month;
  readonly run: string;
  readonly minutes: number;
  readonly work?: keyof typeof works;
};

/**
 * Does `work` while no other run holds the month. A lease ends by itself after `minutes`, which must be longer than the
 * work can take; the run that has it may come back to it. Throws `MONTH_BUSY`, kind `dependency`, while another has it.
 */
export const withLease = async <T>(
  { month, run, minutes, work: held = 'archive' }: Lease,
  { store, clock }: { store: ObjectStore; clock: Clock },
  work: () => Promise<T>,
): Promise<T> => {
  const { prefix, doing } = works[held];
  const key = `${prefix}${month}.json`;
  const stored = await store.get(key);
  const lease =
    stored === null ? null : decode(leaseSchema, stored.bytes, key, `Delete ${key} and run the month again.`);
  const now = clock.now();
  const taken = lease !== null && lease.holder !== null && lease.holder !== run && new Date(lease.until) > now;
  const until = new Date(now.getTime() + minutes * 60_000).toISOString();
  const condition: PutCondition = stored === null ? { ifAbsent: true } : { ifMatch: stored.etag };
  const etag = taken ? null : await store.put(key, encode({ holder: run, until }), condition);
  if (etag === null)
    throw dependencyError(
      'MONTH_BUSY',
      `another run is ${doing} ${month}${lease?.holder ? ` (${lease.holder})` : ''}`,
      'Wait for it to end, then run the month again.',
    );
  try {
    return await work();
  } finally {
    // Where this fails the lease runs out by itself; where another has taken it since, it is left alone.
    await store.put(key, encode({ holder: null, until }), { ifMatch: etag }).catch(() => null);
  }
};
