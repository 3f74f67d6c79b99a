/** Pulls a month of a billing system into the inbox: keeps what it said, then makes the month's tables of that. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Month } from '../../core/month.ts';
import { dependencyError, usageError } from '../../errors.ts';
import { decode, encode } from '../../lake/catalog.ts';
import type { ObjectStore, PutCondition } from '../../ports.ts';
import { spanOf } from './calendar.ts';
import { type Shelf, shelfOf } from './kept-pages.ts';
import { writeMonth } from './month-writer.ts';
import type { BillingSource, PullRequest } from './port.ts';

const stateSchema = z.strictObject({
  /** Counts the pulls of the month; each keeps its own pages. */
  pull: z.int().min(1),
  /** The address that it was pulled with: settings, never a key. */
  address: z.string(),
  timeZone: z.string(),
  from: z.int(),
  until: z.int(),
  pulledAt: z.int(),
  /** The run that began it, where runs have names. */
  begunBy: z.string().nullable().default(null),
  /** Whether all pages are kept. */
  kept: z.boolean().default(false),
  /** Whether the month's tables are there. */
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
  /** Names the run that asks: the pull that a run began is not begun `again` when the run is repeated. */
  readonly begunBy?: string;
  /** A folder of this process alone to which kept pages are brought, where the store is far away. */
  readonly near?: string;
};

/** A pull of a month that has begun: what it asks for, and where its pages are kept. */
export type Pull = {
  readonly state: State;
  /** Of the state as stored: whoever would change it is refused when somebody else has. */
  readonly etag: string;
  readonly request: PullRequest;
  readonly kept: Shelf;
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

const pagesOf = (name: string, month: Month, pull: number): string => `inbox/${name}-raw/${month}/pull=${pull}/`;

const readState = async (
  name: string,
  month: Month,
  store: ObjectStore,
): Promise<{ state: State; etag: string } | null> => {
  const key = stateKey(name, month);
  const stored = await store.get(key);
  if (stored === null) return null;
  const state = decode(stateSchema, stored.bytes, key, `Delete ${key} and pull the month again.`);
  return { state, etag: stored.etag };
};

const busy = (month: Month) =>
  dependencyError(
    'MONTH_BUSY',
    `${month} is being pulled by somebody else at the same time`,
    'Wait for that to end, then run again: what is kept is used.',
  );

/** Stores a state, and resolves with its etag. Throws `MONTH_BUSY` where it is no longer what it was. */
const storeState = async (
  name: string,
  month: Month,
  state: State,
  store: ObjectStore,
  condition: PutCondition,
): Promise<string> => {
  const etag = await store.put(stateKey(name, month), encode(state), condition);
  if (etag === null) throw busy(month);
  return etag;
};

/** How far a month's pull has come, and with which settings it was begun; null where none was. */
export const pullStateOf = async (
  name: string,
  month: Month,
  store: ObjectStore,
): Promise<Pick<State, 'address' | 'timeZone' | 'pulledAt' | 'finished'> | null> =>
  (await readState(name, month, store))?.state ?? null;

/** Whether a month has been pulled to its end. */
export const isPulled = async (name: string, month: Month, store: ObjectStore): Promise<boolean> =>
  (await readState(name, month, store))?.state.finished === true;

/** What an earlier pull began and this one can go on with. */
const isSame = (state: State, { address, timeZone }: PullOptions, { from, until }: { from: number; until: number }) =>
  state.address === address && state.timeZone === timeZone && state.from === from && state.until === until;

const secondsNow = ({ now }: PullOptions): number => Math.floor(now().getTime() / 1000);

const pullOf = (name: string, state: State, etag: string, options: PullOptions): Pull => {
  const { month, store, near } = options;
  const { timeZone, from, until, pulledAt } = state;
  return {
    state,
    etag,
    request: { month, timeZone, from, until, pulledAt, resumedAt: secondsNow(options) },
    kept: shelfOf(store, pagesOf(name, month, state.pull), near ?? null),
  };
};

/**
 * Begins a pull of a month, or takes up the one that was stopped. A month that is there is left alone unless `again`:
 * its state is `finished` then. `again` begins anew also where all pages are kept and no month was made of them.
 *
 * Throws a ReportError of kind `usage` for a month that is not over, or was pulled with other settings.
 */
export const beginPull = async (name: string, options: PullOptions): Promise<Pull> => {
  const { month, timeZone, store, address, begunBy = null } = options;
  const stored = await readState(name, month, store);
  const known = stored?.state ?? null;
  const now = secondsNow(options);
  const span = spanOf(month, timeZone);
  const same = known !== null && isSame(known, options, span);
  const again = options.again && (begunBy === null || known?.begunBy !== begunBy);
  if (stored?.state.finished === true && !again) {
    if (same) return pullOf(name, stored.state, stored.etag, options);
    throw usageError(
      `${month} was pulled from "${stored.state.address}" for the time zone ${stored.state.timeZone}, which is not what is asked for now`,
      'Run with --pull-again, or with the settings that it was pulled with.',
    );
  }
  if (now < span.until)
    throw usageError(
      `${month} is not over in ${timeZone}: its snapshot is the state at its end`,
      'Pull it when the month has ended.',
    );
  // Of pages that are all kept and made no month none will be made by going on.
  const isStuck = known?.kept === true && again;
  if (stored !== null && same && !stored.state.finished && !isStuck)
    return pullOf(name, stored.state, stored.etag, options);
  const fresh: State = {
    pull: (known?.pull ?? 0) + 1,
    address,
    timeZone,
    ...span,
    pulledAt: now,
    begunBy,
    kept: false,
    finished: false,
    pages: 0,
    control: null,
    counts: {},
    notes: [],
  };
  const etag = await storeState(
    name,
    month,
    fresh,
    store,
    stored === null ? { ifAbsent: true } : { ifMatch: stored.etag },
  );
  return pullOf(name, fresh, etag, options);
};

/**
 * Keeps the pages that are still missing, and resolves with the pull as it then is: its state says whether all pages are
 * `kept`. Stops after the page at which `enough` says so; another call goes on where this one stopped.
 *
 * Throws `MONTH_BUSY` of kind `dependency` where another pull of the month is found at work.
 */
export const keepPages = async (
  source: Pick<BillingSource, 'name' | 'pages'>,
  pull: Pull,
  store: ObjectStore,
  { progress, enough = () => false }: { progress: (pages: number) => void; enough?: () => boolean },
): Promise<Pull> => {
  const { request, kept } = pull;
  if (pull.state.kept) return pull;
  let pages = 0;
  for await (const page of source.pages(request, kept)) {
    if (!(await kept.keep(page))) throw busy(request.month);
    pages += 1;
    progress(pages);
    if (enough()) return pull;
  }
  const state: State = { ...pull.state, kept: true };
  const etag = await storeState(source.name, request.month, state, store, { ifMatch: pull.etag });
  return { ...pull, state, etag };
};

/** Refuses to make a month that was there of fewer pages than it was made of: ReportError of kind `usage`. */
export const refuseLostPages = async ({ state, request: { month }, kept }: Pull): Promise<void> => {
  if (!state.finished || (await kept.count()) === state.pages) return;
  throw usageError(
    `the folder of ${month} was removed from the inbox, and so were pages that it was made of`,
    'Run with --pull-again.',
  );
};

/** Notes that what is made of a pull's pages is there. */
export const finishPull = async (
  name: string,
  { state, etag, request, kept }: Pull,
  found: Pick<State, 'control' | 'counts' | 'notes'>,
  store: ObjectStore,
): Promise<Pulled> => {
  const pages = await kept.count();
  const finished: State = { ...state, ...found, finished: true, pages };
  await storeState(name, request.month, finished, store, { ifMatch: etag });
  return { pulled: true, pages, notes: found.notes };
};

/**
 * Writes the tables of a month whose pages are all kept into a folder below `inbox`, hands that folder to `publish`, and
 * notes that the month is there.
 */
export const makeMonth = async (
  source: BillingSource,
  pull: Pull,
  store: ObjectStore,
  inbox: string,
  publish: (folder: string) => Promise<void> = async () => {},
): Promise<Pulled> => {
  const { name } = source;
  const { month } = pull.request;
  const batches = source.batches(pull.request, pull.kept);
  const { control, counts, notes } = await writeMonth(inbox, month, batches, source.notes);
  await publish(join(inbox, month));
  return finishPull(name, pull, { control, counts, notes: [...notes] }, store);
};

/**
 * Pulls a month, or goes on with a pull that was stopped: pages that are kept are not asked for again, and the tables
 * come out the same bytes as of a pull that was not. They are written as files below `home`, where `store` keeps its
 * objects. A month that is there is left alone unless `again`; one whose folder was removed since is made anew of its
 * kept pages.
 *
 * Throws what `beginPull`, `refuseLostPages` and the source throw.
 */
export const pullMonth = async (
  source: BillingSource,
  options: PullOptions & { readonly home: string; readonly progress: (pages: number) => void },
): Promise<Pulled> => {
  const { store, home, progress } = options;
  const { name } = source;
  const begun = await beginPull(name, options);
  const place = join(home, inboxOf(name), options.month);
  if (begun.state.finished && existsSync(place))
    return { pulled: false, pages: begun.state.pages, notes: begun.state.notes };
  await refuseLostPages(begun);
  // Hidden, beside what it is made of: a disk that has room for the pages has room for this.
  const scratch = join(home, 'inbox', `.${name}-${options.month}`);
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  try {
    const pull = { ...begun, request: { ...begun.request, scratch } };
    const whole = await keepPages(source, pull, store, { progress });
    return await makeMonth(source, whole, store, join(home, inboxOf(name)));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};
