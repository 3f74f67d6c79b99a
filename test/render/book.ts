/** A made-up book of accounts over 37 months, always the same: what the fixture report is computed from. */
import { Decimal } from 'decimal.js';
import { Exact, moneyText, ratioText, sum, zero } from '../../functions/core/money.ts';
import type { Bridge, Cause, Retention } from '../../functions/core/report.ts';

export type Account = {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  readonly region: string;
  /** Minor units of MRR at the end of each month, oldest first. */
  readonly amounts: readonly number[];
  readonly cause: Cause;
  readonly reason: string;
};

/** Numbers from 0 to 1, the same on every run. */
const sequence = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

const pick = <Item>(items: readonly [Item, ...Item[]], at: number): Item =>
  items[Math.floor(at * items.length)] ?? items[0];

const firstWords = [
  'Northwind',
  'Contoso',
  'Juniper',
  'Halcyon',
  'Aster',
  'Müller',
  'Kestrel',
  'Ōsaka',
  'Larkspur',
  'Bright',
] as const;
const lastWords = [
  'Freight',
  'Analytics',
  'Foods',
  'Robotics',
  'Health',
  'Energie GmbH',
  'Studio',
  'Bank',
  'Labs',
  'Mobility',
] as const;
const causes = [
  ...(['voluntary', 'voluntary', 'voluntary', 'voluntary', 'voluntary', 'voluntary'] as const),
  ...(['involuntary', 'involuntary', 'paused', 'unclassified'] as const),
] as const;
const reasons: Readonly<Record<Cause, string>> = {
  voluntary: 'too_expensive',
  involuntary: 'card_expired',
  paused: 'pause_requested',
  unclassified: '',
};

const amountsOf = (random: () => number, months: number): number[] => {
  const start = Math.floor(random() ** 2 * 34) - 4;
  let amount = Math.round(9_000 * Math.exp(random() * 4.6));
  let isPaying = true;
  return Array.from({ length: months }, (_, month) => {
    if (month < start || !isPaying) return 0;
    const event = random();
    if (event < 0.006) isPaying = false;
    else if (event < 0.046) amount = Math.round(amount * (1.1 + random() * 0.5));
    else if (event < 0.057) amount = Math.round(amount * (0.6 + random() * 0.3));
    return isPaying ? amount : 0;
  });
};

export const monthsInBook = 37;

export const makeBook = (size = 480): Account[] => {
  const random = sequence(99);
  return Array.from({ length: size }, (_, index) => {
    const cause = pick(causes, random());
    return {
      id: `acct_${`${index}`.padStart(4, '0')}`,
      name: `${pick(firstWords, random())} ${pick(lastWords, random())} ${index}`,
      plan: pick(['Starter', 'Team', 'Team', 'Business', 'Enterprise'], random()),
      region: pick(['Americas', 'Americas', 'EMEA', 'EMEA', 'APAC'], random()),
      cause,
      reason: reasons[cause],
      amounts: amountsOf(random, monthsInBook),
    };
  });
};

export const minorDecimals = 2;
const minor = (units: number) => new Exact(units).div(new Decimal(10).pow(minorDecimals));
const money = (units: number) => moneyText(minor(units), minorDecimals);
const at = (account: Account, month: number): number => account.amounts[month] ?? 0;

/** Retention of a set of accounts between two months of the book. */
export const retentionOf = (accounts: readonly Account[], opening: number, closing: number): Retention => {
  const cohort = accounts.filter((account) => at(account, opening) > 0);
  const total = (of: (o: number, c: number, account: Account) => number) =>
    cohort.reduce((units, account) => units + of(at(account, opening), at(account, closing), account), 0);
  const churn = (cause: Cause) => total((o, c, account) => (c === 0 && account.cause === cause ? o : 0));
  const openingMrr = total((o) => o);
  const closingMrr = total((_, c) => c);
  const retainedMrr = total((o, c) => Math.min(o, c));
  const left = cohort.filter((account) => at(account, closing) > 0).length;
  const ratio = (part: number) => ratioText(minor(part), minor(openingMrr));
  return {
    openingAccounts: cohort.length,
    closingAccounts: left,
    openingMrr: money(openingMrr),
    closingMrr: money(closingMrr),
    retainedMrr: money(retainedMrr),
    expansionMrr: money(total((o, c) => Math.max(0, c - o))),
    contractionMrr: money(total((o, c) => (c > 0 && c < o ? o - c : 0))),
    churnMrr: money(total((o, c) => (c === 0 ? o : 0))),
    voluntaryChurnMrr: money(churn('voluntary')),
    involuntaryChurnMrr: money(churn('involuntary')),
    pausedChurnMrr: money(churn('paused')),
    unclassifiedChurnMrr: money(churn('unclassified')),
    ndr: ratio(closingMrr),
    grr: ratio(retainedMrr),
    ndrExInvoluntary: ratio(closingMrr + churn('involuntary')),
    logoRetention: ratioText(new Exact(left), new Exact(cohort.length)),
  };
};

/** The bridge of the whole book, with a made-up exchange rate effect that still closes. */
export const bridgeOf = (accounts: readonly Account[], opening: number, closing: number, fx: number): Bridge => {
  const cohort = retentionOf(accounts, opening, closing);
  const joined = accounts.filter((account) => at(account, opening) === 0 && at(account, closing) > 0);
  const everBefore = (account: Account) => account.amounts.slice(0, opening).some((amount) => amount > 0);
  const unitsOf = (some: readonly Account[]) => some.reduce((units, account) => units + at(account, closing), 0);
  const reactivated = unitsOf(joined.filter(everBefore));
  const added = unitsOf(joined) - reactivated;
  const closingTotal = sum([new Exact(cohort.closingMrr), minor(added), minor(reactivated), minor(fx), zero]);
  return {
    opening: cohort.openingMrr,
    new: money(added),
    reactivation: money(reactivated),
    expansion: cohort.expansionMrr,
    contraction: cohort.contractionMrr,
    voluntaryChurn: cohort.voluntaryChurnMrr,
    involuntaryChurn: cohort.involuntaryChurnMrr,
    pausedChurn: cohort.pausedChurnMrr,
    unclassifiedChurn: cohort.unclassifiedChurnMrr,
    fx: money(fx),
    closing: moneyText(closingTotal, minorDecimals),
  };
};
