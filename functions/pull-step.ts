/** The step that brings a month from a billing system into the inbox, a little with each call until the month is there. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Month } from './core/month.ts';
import { ReportError, usageError } from './errors.ts';
import { withLease } from './lease.ts';
import type { Clock, ObjectStore } from './ports.ts';
import type { RunRequest } from './run-record.ts';
import type { Pause } from './sources/billing/patience.ts';
import { publishersOf, publishMonth } from './sources/billing/published-month.ts';
import { beginPull, isPulled, keepPages, makeMonth } from './sources/billing/pull-month.ts';
import type { Credentials, Vendor } from './sources/billing/vendor.ts';

/** What a pull needs of the world, and how long this call of the step still lives. */
export type PullWorld = {
  readonly vendor: Vendor;
  /** The account and how it is read, as the stack was deployed with it. */
  readonly address: string;
  /** Asked for once it is needed. */
  readonly credentials: () => Promise<Credentials>;
  /** What to do about a key that the billing system does not know. */
  readonly keyHint: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** A folder of this call's own. */
  readonly scratch: string;
  readonly remaining: () => number;
  /** Told to people. Holds no name and no amount of the account. */
  readonly note: (text: string) => void;
};

const second = 1000;

/** No page is asked for in the last two minutes of a call: an answer may take one, keeping it some seconds. */
const endMs = 120 * second;

/** What has to be left after a wait for another attempt. */
const attemptMs = 75 * second;

/** Making a month's tables takes minutes: a call that has less left than this leaves it to the next one. */
const makingMs = 600 * second;

/** Thrown where a billing system asks to wait for longer than the call lives. */
class OutOfTime extends Error {}

const pauseWithin =
  (remaining: () => number): Pause =>
  async (milliseconds) => {
    if (remaining() < milliseconds + attemptMs) throw new OutOfTime(`no time to wait for ${milliseconds} ms`);
    await sleep(milliseconds);
  };

/** Whether a month lies in the inbox already, from elsewhere than this vendor. */
const isElsewhere = async (month: Month, { vendor, store }: PullWorld): Promise<boolean> => {
  const prefix = `inbox/${month}/`;
  for await (const key of store.list(prefix)) if (/^lines[./]/.test(key.slice(prefix.length))) return true;
  return (await publishersOf(month, store)).some((name) => name !== vendor.name);
};

/** Whether the month is to be taken as it lies in the inbox. Throws a ReportError of kind `usage` where it cannot be. */
const isSettled = async ({ month, check, pullAgain = false }: RunRequest, world: PullWorld): Promise<boolean> => {
  const { vendor, store, note } = world;
  const pulled = await isPulled(vendor.name, month, store);
  if (!pulled && (await isElsewhere(month, world))) {
    if (pullAgain)
      throw usageError(
        `${month} lies in the inbox as files that were not pulled from ${vendor.title}`,
        `Remove them from inbox/${month}/ (all but fx) to have the month pulled, or leave --pull-again out.`,
      );
    note(`${month} lies in the inbox already: it is not pulled from ${vendor.title}`);
    return true;
  }
  if (check && !pulled)
    throw usageError(
      `${month} has not been pulled from ${vendor.title} yet, and a check pulls nothing`,
      `Pull it with: retention run --stack <name> --month ${month} --no-email. Nothing is archived while a gate blocks.`,
    );
  return check;
};

/** A refused key as it is put right here: elsewhere it stands in an environment. */
const toldHere = (error: unknown, { vendor, keyHint }: PullWorld): unknown =>
  error instanceof ReportError && error.code === `${vendor.title.toUpperCase()}_KEY`
    ? new ReportError(error.kind, error.code, error.message, keyHint, { cause: error })
    : error;

/** Keeps pages, or makes the month of them: as much as this call has time for. */
const goOn = async (
  run: string,
  { month, pullAgain = false }: RunRequest,
  timeZone: string,
  world: PullWorld,
): Promise<boolean> => {
  const { vendor, address, store, clock, scratch, remaining, note } = world;
  const begun = await beginPull(vendor.name, {
    month,
    timeZone,
    address,
    store,
    now: () => clock.now(),
    again: pullAgain,
    begunBy: run,
    near: join(scratch, 'pages'),
  });
  if (begun.state.finished) return true;
  const gathered = join(scratch, 'gathered');
  await mkdir(gathered, { recursive: true });
  const pull = { ...begun, request: { ...begun.request, scratch: gathered } };
  const source = await vendor.open(address, { ...(await world.credentials()), pause: pauseWithin(remaining) });
  let asked = 0;
  const whole = await keepPages(source, pull, store, {
    progress: (pages) => {
      asked = pages;
    },
    enough: () => remaining() < endMs,
  });
  if (asked > 0) note(`${asked} pages of ${month} kept from ${vendor.title}`);
  if (!whole.state.kept || (!pull.state.kept && remaining() < makingMs)) return false;
  const { notes } = await makeMonth(source, whole, store, join(scratch, 'made'), (folder) =>
    publishMonth({ name: vendor.name, month, pull: whole.state.pull }, folder, store),
  );
  for (const told of notes) note(`${month} from ${vendor.title}: ${told}`);
  return true;
};

/**
 * Brings the month of a request into the inbox, unless it is there. Resolves with `done: false` when it has to be called
 * again to go on; may be stopped anywhere and called again. Two runs of a month take turns.
 *
 * Throws `MONTH_BUSY` while another has its turn, and what the vendor and `beginPull` throw.
 */
export const pullStep = async (
  run: string,
  request: RunRequest,
  timeZone: string,
  world: PullWorld,
): Promise<{ readonly done: boolean }> => {
  const { month } = request;
  if (await isSettled(request, world)) return { done: true };
  // Longer than this call can live.
  const lease = { month, run, minutes: world.remaining() / 60_000 + 1, work: 'pull' } as const;
  try {
    return { done: await withLease(lease, world, () => goOn(run, request, timeZone, world)) };
  } catch (error) {
    if (error instanceof OutOfTime) return { done: false };
    throw toldHere(error, world);
  }
};
