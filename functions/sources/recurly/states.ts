/** The subscriptions of a part as they stood at the month's end, and what has to be looked up for them. */
import type { KeptPages, PullRequest } from '../billing/port.ts';
import { isChanged, type SubscriptionState, stateAt } from './as-of.ts';
import { type Billed, billedAt } from './billed.ts';
import type { Catalog } from './catalog.ts';
import { redemptionEnd, stands } from './discounted.ts';
import { type Dunning, dunningOf } from './failed-payments.ts';
import type { Part } from './gathered.ts';
import {
  type Coupon,
  type Line,
  type Plan,
  type Redemption,
  readLine,
  readRedemption,
  type Subscription,
} from './objects.ts';
import { type Lookup, listed } from './pages.ts';
import { endedAt, type LineStatus, statusAt } from './standing.ts';

export type Told = {
  readonly subscription: Subscription;
  readonly dunning: Dunning;
  /** Null for one that was not there. */
  readonly standing: Standing | null;
};

/** One that was there, with all that its lines need. */
export type Standing = {
  readonly status: LineStatus;
  readonly state: SubscriptionState;
  readonly plans: ReadonlyMap<string, Plan>;
  readonly coupons: readonly Coupon[];
  readonly unknownCoupons: number;
  /** What is still to be looked up. */
  readonly wanted: readonly Lookup[];
};

type Reading = { readonly request: PullRequest; readonly catalog: Catalog; readonly kept: KeptPages };

/** Where nothing happened since, the subscription tells it all; else what was billed does, from longer ago if need be. */
const billedOf = async (
  subscription: Subscription,
  lines: readonly Line[],
  { request, kept }: Reading,
): Promise<Billed | null> => {
  const known = billedAt(lines, request.until);
  if (known !== null || !isChanged(subscription, request.until)) return known;
  const found = await listed({ kind: 'billed', id: subscription.id }, kept);
  return billedAt((found ?? []).map(readLine), request.until);
};

const redemptionsOf = async (
  subscription: Subscription,
  billed: Billed | null,
  { request, catalog, kept }: Reading,
): Promise<readonly Redemption[]> => {
  const { id, account, coupon_redemptions: short } = subscription;
  const doubtful = isChanged(subscription, request.until) || billed?.discounted === true;
  const own = doubtful ? await listed({ kind: 'redeemed', id }, kept) : null;
  const ofAccount = catalog.hasAccountCoupons ? await listed({ kind: 'accountredeemed', id: account.id }, kept) : null;
  return [
    ...(own?.map(readRedemption) ?? short),
    ...(ofAccount ?? []).map(readRedemption).filter(({ subscription_id: subscription }) => subscription === null),
  ];
};

/** Given before the month's end, over by now, and nobody says since when. */
const isForgotten = (redemption: Redemption, until: number): boolean =>
  redemption.created_at < until && redemptionEnd(redemption) === 'unknown';

/**
 * Whether a coupon of the subscription itself may have stood then and is not told any more. Taking one off is no change
 * of the subscription: where nothing else changed, what was billed says it.
 */
const doubtsCoupons = (
  subscription: Subscription,
  billed: Billed | null,
  redemptions: readonly Redemption[],
  { request, catalog }: Reading,
): boolean =>
  catalog.hasSubscriptionCoupons &&
  (isChanged(subscription, request.until) ||
    (billed?.discounted === true && !redemptions.some((one) => stands(one, request.until))));

const standingOf = async (
  subscription: Subscription,
  status: LineStatus,
  lines: readonly Line[],
  reading: Reading,
): Promise<Standing> => {
  const { request, catalog } = reading;
  const { until } = request;
  const { id, account, plan } = subscription;
  const wanted: Lookup[] = [];
  const billed = await billedOf(subscription, lines, reading);
  const plans = new Map<string, Plan>();
  for (const planId of new Set([plan.id, billed?.planId ?? plan.id])) {
    const found = await catalog.plan(planId);
    if (found === null) wanted.push({ kind: 'plan', id: planId });
    else plans.set(planId, found);
  }
  const redemptions = await redemptionsOf(subscription, billed, reading);
  const standing = redemptions.filter((one) => stands(one, until));
  const coupons: Coupon[] = [];
  for (const { coupon } of standing) {
    const found = await catalog.coupon(coupon.id);
    if (found === null) wanted.push({ kind: 'coupon', id: coupon.id });
    else coupons.push(found);
  }
  const changed = isChanged(subscription, request.until);
  if (status === 'active' || status === 'past_due') {
    if (changed && billed === null) wanted.push({ kind: 'billed', id });
    if (doubtsCoupons(subscription, billed, redemptions, reading)) wanted.push({ kind: 'redeemed', id });
    if (catalog.hasAccountCoupons) wanted.push({ kind: 'accountredeemed', id: account.id });
  }
  const forgotten = redemptions.filter((one) => isForgotten(one, until));
  return {
    status,
    state: stateAt(subscription, billed, until, (planId) => plans.get(planId) ?? null),
    plans,
    coupons,
    unknownCoupons: (changed ? forgotten.length : 0) + standing.length - coupons.length,
    wanted,
  };
};

/** The subscriptions of a part, in the order that Recurly told them in. */
export async function* statesOf(part: Part, reading: Reading): AsyncGenerator<Told> {
  const { until } = reading.request;
  const [lines, troubled] = [part.lines(), part.troubled()];
  for (const subscription of part.subscriptions()) {
    const dunning = dunningOf(troubled.get(subscription.id) ?? [], endedAt(subscription), until);
    const status = statusAt(subscription, dunning.owing, until);
    const own = lines.get(subscription.id) ?? [];
    yield {
      subscription,
      dunning,
      standing: status === null ? null : await standingOf(subscription, status, own, reading),
    };
  }
}
