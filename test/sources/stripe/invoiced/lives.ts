/** Subscriptions that change and end at any moment, billed as Stripe bills them: what was invoiced, and what was true. */
import type { StripeObject } from '../../../servers/stripe.ts';
import { item, price, subscription } from '../objects.ts';
import { invoiceOf, type Line } from './objects.ts';

const day = 86_400;

/** A price of a subscription for a time, in cents a month. */
type Stretch = { readonly from: number; readonly to: number; readonly mrr: number };

export type Life = {
  readonly id: string;
  readonly stretches: readonly Stretch[];
  readonly invoices: readonly StripeObject[];
  /** The subscription, where it has ended. */
  readonly ended: StripeObject | null;
};

/** Numbers from 0 up to a bound, the same for the same seed. */
const dice = (seed: number) => {
  let state = seed * 2_654_435_761;
  return (bound: number): number => {
    state = (Math.imul(state | 0, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
};

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** The same day and time of a later month, or that month's last day. */
const monthsOn = (seconds: number, months: number): number => {
  const began = new Date(seconds * 1000);
  const [year, month] = [began.getUTCFullYear(), began.getUTCMonth() + months];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(began.getUTCDate(), last)) / 1000 + (seconds % day);
};

/** One subscription between `first` and `now`: up to two changes a period, and for every other one an end. */
export const lifeOf = (number: number, first: number, now: number): Life => {
  const roll = dice(number + 1);
  const [id, customer] = [`sub_${number}`, `cus_${number}`];
  const every = [1, 1, 1, 3, 12][roll(5)] ?? 1;
  const began = first + roll(300 * day);
  const willEnd = began + day + roll(400 * day);
  const end = roll(2) === 0 && willEnd < now ? willEnd : null;
  const paidBack = roll(2) === 0;
  const stretches: Stretch[] = [];
  const invoices: StripeObject[] = [];
  let [amount, waiting, count]: [number, Line[], number] = [(20 + roll(500)) * 100 * every, [], 0];
  const line = (from: number, to: number, cents: number, proration: boolean): Line => {
    count += 1;
    const added = proration && number % 3 === 0;
    return { id: `il_${number}_${count}`, sub: id, from: iso(from), to: iso(to), amount: cents, proration, added };
  };
  const bill = (at: number, lines: readonly Line[]) => {
    if (lines.length > 0)
      invoices.push(invoiceOf({ id: `in_${number}_${invoices.length}`, customer, on: iso(at), lines }));
  };

  let start = began;
  for (let period = 1; start < Math.min(now, end ?? now); period++) {
    const stop = monthsOn(began, period * every);
    const share = (cents: number, at: number) => Math.round((cents * (stop - at)) / (stop - start));
    bill(start, [...waiting, line(start, stop, amount, false)]);
    waiting = [];
    let since = start;
    const changes = Array.from({ length: Math.max(0, roll(6) - 3) }, () => start + 3_600 + roll(stop - start - 7_200));
    for (const at of changes.sort((a, b) => a - b)) {
      if (at >= Math.min(now, end ?? now) || at < since + 60) continue;
      stretches.push({ from: since, to: at, mrr: amount / every });
      const next = Math.max(every * 2_000, amount + (roll(300) - 120) * 100 * every);
      waiting.push(line(at, stop, -share(amount, at), true), line(at, stop, share(next, at), true));
      [amount, since] = [next, at];
    }
    const endsHere = end !== null && end < stop;
    stretches.push({ from: since, to: endsHere ? end : stop, mrr: amount / every });
    if (endsHere && paidBack) waiting.push(line(end, stop, -share(amount, end), true));
    if (endsHere) bill(end, waiting);
    if (endsHere) waiting = [];
    start = stop;
  }
  bill(now - day, waiting);
  const over = { id, customer, created: began, status: 'canceled', ended_at: end };
  const items = [item({ id: `si_${number}`, price: price() })];
  const ended = end === null ? null : ({ ...subscription({ items }), ...over } as StripeObject);
  return { id, stretches, invoices, ended };
};
