/** One run at a time writes a month's revision: on AWS runs share one archive, and no folder lock holds them apart. */
import { z } from 'zod';
import type { Month } from './core/month.ts';
import { dependencyError } from './errors.ts';
import { decode, encode } from './lake/catalog.ts';
import type { Clock, ObjectStore, PutCondition } from './ports.ts';

const leaseSchema = z.strictObject({ holder: z.string().nullable(), until: z.iso.datetime() });

const keyOf = (month: Month) => `runs/leases/month=${month}.json`;

/**
 * Does `work` while no other run holds the month. A lease ends by itself after `minutes`, which must be longer than the
 * work can take; the run that has it may come back to it. Throws `MONTH_BUSY`, kind `dependency`, while another has it.
 */
export const withLease = async <T>(
  { month, run, minutes }: { month: Month; run: string; minutes: number },
  { store, clock }: { store: ObjectStore; clock: Clock },
  work: () => Promise<T>,
): Promise<T> => {
  const key = keyOf(month);
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
      `another run is archiving ${month}${lease?.holder ? ` (${lease.holder})` : ''}`,
      'Wait for it to end, then run the month again.',
    );
  try {
    return await work();
  } finally {
    // Where this fails the lease runs out by itself; where another has taken it since, it is left alone.
    await store.put(key, encode({ holder: null, until }), { ifMatch: etag }).catch(() => null);
  }
};
