/** What stays true of an account of the sample for life: who it is, how it pays, what it buys first. */
import { addOns, habits, type Plan, type Provider, plansOf, type Size, sizes } from './catalog.ts';
import type { Currency } from './currencies.ts';
import type { Dice } from './dice.ts';
import { companyName, hostileNames, industries, regionOf } from './names.ts';
import { freeItem, type Interval, itemOf, type Subscription } from './subscription.ts';

export type Profile = {
  readonly size: Size;
  readonly currency: Currency;
  readonly provider: Provider;
  readonly salesLed: boolean;
  readonly interval: Interval;
  /** Day of the month on which invoices fall. */
  readonly day: number;
  /** Month of the first subscription, counted from the first of the book; below zero: before the book began. */
  readonly start: number;
  readonly name: string;
  readonly region: string;
  readonly industry: string;
  readonly plan: Plan;
  /** A parent that buys nothing itself. */
  readonly holding: string | null;
  /** The first is the account's own; the others are its subsidiaries. */
  readonly customers: readonly [string, ...string[]];
};

/** Every 97th account has a name that breaks careless reports; they are small, so they stay off the first page. */
const hostileNameOf = (index: number): string | undefined =>
  index % 97 === 11 ? hostileNames[Math.floor(index / 97)] : undefined;

export const profileOf = (index: number, start: number, dice: Dice): Profile => {
  const hostile = hostileNameOf(index);
  const size = hostile === undefined ? dice.weighted(sizes) : 'small';
  const currency = dice.weighted({ USD: 58, EUR: 22, GBP: 12, JPY: 8 });
  const { annual, quarterly } = habits[size];
  const rhythm = dice.below(10_000);
  const customer = (): string => `cus_${dice.token(14)}`;
  const subsidiaries = size !== 'small' && dice.hits(1_200) ? dice.between(1, 2) : 0;
  return {
    size,
    currency,
    provider: dice.weighted({ stripe: 60, chargebee: 25, recurly: 15 }),
    salesLed: size !== 'small' && dice.hits(size === 'large' ? 9_500 : 6_500),
    interval: rhythm < annual ? 12 : rhythm < annual + quarterly ? 3 : 1,
    day: dice.between(1, 28),
    start,
    name: hostile ?? companyName(dice, currency),
    region: regionOf(dice, currency),
    industry: dice.pick(industries),
    plan: dice.pick(plansOf[size]),
    holding: dice.hits(120) ? customer() : null,
    customers: [customer(), ...Array.from({ length: subsidiaries }, customer)],
  };
};

/** What the account buys when it comes, and when it comes back. */
export const openSubscriptions = (profile: Profile, dice: Dice): Subscription[] => {
  const { plan, currency, size } = profile;
  const item = () => `si_${dice.token(14)}`;
  const quantity = dice.between(plan.fewest, plan.most);

  const open = (customer: string, units: number): Subscription => ({
    id: `sub_${dice.token(14)}`,
    customer,
    plan: plan.plan,
    items: [itemOf(item(), plan, plan.model === 'flat' ? 1 : Math.max(1, units), currency)],
    invoice: `in_${dice.token(14)}`,
    opportunity: profile.salesLed ? `006${dice.token(15)}` : '',
  });

  const [own, ...subsidiaries] = profile.customers;
  const main = open(own, quantity);
  if (dice.hits(habits[size].addOn)) {
    const addOn = dice.pick(addOns);
    main.items.push(itemOf(item(), addOn, Math.max(1, Math.floor((quantity * addOn.share) / 100)), currency));
  }
  if (size === 'small' && dice.hits(500)) main.items.push(freeItem(item()));
  for (const sold of main.items) if (size !== 'small' && dice.hits(2_500)) sold.discount = dice.between(1, 4) * 5;

  const share = () => Math.floor((quantity * dice.between(20, 50)) / 100);
  const others = subsidiaries.map((customer) => open(customer, share()));
  return [main, ...others, ...(dice.hits(500) ? [open(own, share())] : [])];
};
