/** Pulls a month of a billing system into the inbox: keeps what it said, then makes the month's tables of that. */
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
  readonly store: ObjectStore;
  readonly now: () => Date;
  /** Pulls a month anew that has been pulled. */
  readonly again: boolean;
};

/** A pull of a month that has begun: what it asks for, and where its pages are kept. */
export type Pull = { readonly state: State; readonly request: PullRequest; readonly kept: KeptPages };

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

/** How far a month's pull has come, and with which settings it was begun; null where none was. */
export const pullStateOf = (
  name: string,
  month: Month,
  store: ObjectStore,
): Promise<Pick<State, 'address' | 'timeZone' | 'pulledAt' | 'finished'> | null> => readState(name, month, store);

/** Whether a month has been pulled to its end. */
export const isPulled = async (name: string, month: Month, store: ObjectStore): Promise<boolean> =>
  (await readState(name, month, store))?.finished === true;

/** What an earlier pull began and this one can go on with. */
const isSame = (state: State, { address, timeZone }: PullOptions, { from, until }: { from: number; until: number }) =>
  state.address === address && state.timeZone === timeZone && state.from === from && state.until === until;

const pullOf = (name: string, month: Month, state: State, store: ObjectStore): Pull => ({
  state,
  request: { month, timeZone: state.timeZone, from: state.from, until: state.until, pulledAt: state.pulledAt },
  kept: {
    async get(page) {
      const stored = await store.get(pageKey(name, month, state.pull, page));
      const body: unknown = stored === null ? null : JSON.parse(gunzipSync(stored.bytes).toString('utf8'));
      return body;
    },
  },
});

/**
 * Begins a pull of a month, or takes up the one that was stopped. A month that is there is left alone unless `again`:
 * its state is `finished` then.
 *
 * Throws a ReportError of kind `usage` for a month that is not over, or was pulled with other settings.
 */
export const beginPull = async (name: string, options: PullOptions): Promise<Pull> => {
  const { month, timeZone, store, address } = options;
  const known = await readState(name, month, store);
  const now = Math.floor(options.now().getTime() / 1000);
  const span = spanOf(month, timeZone);
  const same = known !== null && isSame(known, options, span);
  if (known?.finished === true && !options.again) {
    if (same) return pullOf(name, month, known, store);
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
  if (known !== null && same && !known.finished) return pullOf(name, month, known, store);
  const fresh: State = {
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
  await store.put(stateKey(name, month), encode(fresh));
  return pullOf(name, month, fresh, store);
};

/**
 * Keeps the pages that are still missing. Stops after the page at which `enough` says so, and returns whether all pages
 * are kept: another call goes on where this one stopped.
 */
export const keepPages = async (
  source: BillingSource,
  { state, request, kept }: Pull,
  store: ObjectStore,
  { progress, enough = () => false }: { progress: (pages: number) => void; enough?: () => boolean },
): Promise<boolean> => {
  let pages = 0;
  for await (const page of source.pages(request, kept)) {
    const bytes = gzipSync(JSON.stringify(page.body));
    await store.put(pageKey(source.name, request.month, state.pull, page.name), bytes);
    pages += 1;
    progress(pages);
    if (enough()) return false;
  }
  return true;
};

/** Writes the tables of a month whose pages are all kept into a folder below `inbox`, and notes that it is there. */
export const makeMonth = async (
  source: BillingSource,
  { state, request, kept }: Pull,
  store: ObjectStore,
  inbox: string,
): Promise<Pulled> => {
  const { name } = source;
  const { month } = request;
  const { control, counts } = await writeMonth(inbox, month, source.batches(request, kept));
  const notes = [...source.notes(counts)];
  const { length: pages } = await Array.fromAsync(store.list(`inbox/${name}-raw/${month}/pull=${state.pull}/`));
  const finished: State = { ...state, finished: true, pages, control, counts, notes };
  await store.put(stateKey(name, month), encode(finished));
  return { pulled: true, pages, notes };
};

/**
 * Pulls a month, or goes on with a pull that was stopped: pages that are kept are not asked for again, and the tables
 * come out the same bytes as of a pull that was not. They are written as files below `home`, where `store` keeps its
 * objects. A month that is there is left alone unless `again`.
 *
 * Throws what `beginPull` and the source throw.
 */
export const pullMonth = async (
  source: BillingSource,
  options: PullOptions & { readonly home: string; readonly progress: (pages: number) => void },
): Promise<Pulled> => {
  const { store, home, progress } = options;
  const pull = await beginPull(source.name, options);
  if (pull.state.finished) return { pulled: false, pages: pull.state.pages, notes: pull.state.notes };
  await keepPages(source, pull, store, { progress });
  return makeMonth(source, pull, store, join(home, inboxOf(source.name)));
};
