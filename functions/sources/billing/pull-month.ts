/** Pulls a month of a billing system into the inbox: keeps what it said, then makes the month's tables of that. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Month } from '../../core/month.ts';
import { usageError } from '../../errors.ts';
import { decode, encode } from '../../lake/catalog.ts';
import type { ObjectStore } from '../../ports.ts';
import { spanOf } from './calendar.ts';
import { writeMonth } from './month-writer.ts';
import type { BillingSource, KeptPages, PullRequest } from './port.ts';

const stateSchema = z.strictObject({
  /** Counts the pulls of the month; each keeps its own pages. */
  pull: z.int().min(1),
  /** The address that it was pulled with: settings, never a key. */
  address: z.string(),
  timeZone: z.string(),
  from: z.int(),
  until: z.int(),
  pulledAt: z.int(),
  finished: z.boolean(),
  pages: z.int(),
  control: z.strictObject({ lines: z.int(), mrr: z.record(z.string(), z.string()) }).nullable(),
  counts: z.record(z.string(), z.int()),
  notes: z.array(z.string()),
});

type State = z.infer<typeof stateSchema>;

export type PullOptions = {
  readonly month: Month;
  readonly timeZone: string;
  /** The source as the user wrote it. */
  readonly address: string;
  /** The home, where `store` keeps its objects: tables are written beside them as files. */
  readonly home: string;
  readonly store: ObjectStore;
  readonly now: () => Date;
  /** Pulls a month anew that has been pulled. */
  readonly again: boolean;
  /** Told after every page that was kept. */
  readonly progress: (pages: number) => void;
};

export type Pulled = {
  /** False where the month was there already. */
  readonly pulled: boolean;
  readonly pages: number;
  readonly notes: readonly string[];
};

/** The folder of the months that were pulled, below the home. */
export const inboxOf = (name: string): string => `inbox/${name}`;

const stateKey = (name: string, month: Month): string => `inbox/${name}-raw/${month}.pull.json`;

const pageKey = (name: string, month: Month, pull: number, page: string): string => {
  if (!/^[a-z]+\/[a-z0-9/]+$/.test(page)) throw new RangeError(`"${page}" is no name of a page`);
  return `inbox/${name}-raw/${month}/pull=${pull}/${page}.json.gz`;
};

const readState = async (name: string, month: Month, store: ObjectStore): Promise<State | null> => {
  const key = stateKey(name, month);
  const stored = await store.get(key);
  return stored === null ? null : decode(stateSchema, stored.bytes, key, `Delete ${key} and pull the month again.`);
};

/** Whether a month has been pulled to its end. */
export const isPulled = async (name: string, month: Month, store: ObjectStore): Promise<boolean> =>
  (await readState(name, month, store))?.finished === true;

/** What an earlier pull began and this one can go on with. */
const isSame = (state: State, { address, timeZone }: PullOptions, { from, until }: PullRequest): boolean =>
  state.address === address && state.timeZone === timeZone && state.from === from && state.until === until;

/**
 * Pulls a month, or goes on with a pull that was stopped: pages that are kept are not asked for again, and the tables
 * come out the same bytes as of a pull that was not. A month that is there is left alone unless `again`.
 *
 * Throws a ReportError of kind `usage` for a month that is not over, and what the source throws.
 */
export const pullMonth = async (source: BillingSource, options: PullOptions): Promise<Pulled> => {
  const { month, timeZone, store, address } = options;
  const { name } = source;
  const known = await readState(name, month, store);
  const now = Math.floor(options.now().getTime() / 1000);
  const span = spanOf(month, timeZone);
  if (known?.finished === true && !options.again) {
    if (isSame(known, options, { month, timeZone, ...span, pulledAt: now }))
      return { pulled: false, pages: known.pages, notes: known.notes };
    throw usageError(
      `${month} was pulled from "${known.address}" for the time zone ${known.timeZone}, which is not what is asked for now`,
      'Run with --pull-again, or with the settings that it was pulled with.',
    );
  }
  if (now < span.until)
    throw usageError(
      `${month} is not over in ${timeZone}: its snapshot is the state at its end`,
      'Pull it when the month has ended.',
    );

  const anew: State = {
    pull: (known?.pull ?? 0) + 1,
    address,
    timeZone,
    ...span,
    pulledAt: now,
    finished: false,
    pages: 0,
    control: null,
    counts: {},
    notes: [],
  };
  const resumes =
    known !== null && !known.finished && isSame(known, options, { month, timeZone, ...span, pulledAt: now });
  const state = resumes ? known : anew;
  const write = (next: State) => store.put(stateKey(name, month), encode(next));
  if (!resumes) await write(state);

  // Hidden, beside what it is made of: the disk that has room for the pages has room for this.
  const scratch = join(options.home, 'inbox', `.${name}-${month}`);
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const request: PullRequest = { month, timeZone, ...span, pulledAt: state.pulledAt, scratch };
  const kept: KeptPages = {
    async get(page) {
      const stored = await store.get(pageKey(name, month, state.pull, page));
      const body: unknown = stored === null ? null : JSON.parse(gunzipSync(stored.bytes).toString('utf8'));
      return body;
    },
  };
  try {
    let fresh = 0;
    for await (const page of source.pages(request, kept)) {
      const bytes = gzipSync(JSON.stringify(page.body));
      await store.put(pageKey(name, month, state.pull, page.name), bytes);
      fresh += 1;
      options.progress(fresh);
    }

    const inbox = join(options.home, inboxOf(name));
    const { control, counts } = await writeMonth(inbox, month, source.batches(request, kept));
    const notes = [...source.notes(counts)];
    let pages = 0;
    for await (const _ of store.list(`inbox/${name}-raw/${month}/pull=${state.pull}/`)) pages += 1;
    await write({ ...state, finished: true, pages, control, counts, notes });
    return { pulled: true, pages, notes };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};
