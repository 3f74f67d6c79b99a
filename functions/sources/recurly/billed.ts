/** What Recurly's invoices say a subscription was at a month's end: the lines of the period that the end falls into. */
import { Exact, type Exact as Money, sum, zero } from '../../core/money.ts';
import type { Line } from './objects.ts';

/** What one plan or add-on was billed in a period, before discounts. */
export type BilledItem = {
  readonly code: string;
  readonly quantity: string;
  readonly amount: Money;
  /** Share of a period that was billed. */
  readonly proration: Money;
  /** The catalog item behind it; null where there is none. */
  readonly catalogItem: string | null;
};

/** A billing period as it was billed. */
export type Billed = {
  readonly planId: string | null;
  readonly plan: BilledItem;
  readonly addOns: readonly BilledItem[];
  readonly taxInclusive: boolean;
  /** Share of what was paid that was tax included in the price. */
  readonly includedTax: Money;
  readonly discounted: boolean;
  readonly invoiceId: string | null;
  readonly endsAt: number;
  /**
   * False where something was prorated or credited: a change inside the period, so the lines do not add up to what the
   * period costs as a whole.
   */
  readonly whole: boolean;
};

const moneyOf = (text: string | null): Money => new Exact(text ?? 0);

/** Whether a line is of a billing period that was running just before `until`, billed before it. */
export const covers = ({ origin, created_at, start_date: start, end_date: end }: Line, until: number): boolean =>
  (origin === 'plan' || origin === 'add_on') &&
  (created_at === null || created_at < until) &&
  start !== null &&
  start < until &&
  end !== null &&
  end >= until;

const prorationOf = ({ proration_rate: rate }: Line): Money => new Exact(rate ?? 1);

const itemOf = (code: string, lines: readonly Line[]): BilledItem => ({
  code,
  quantity: sum(lines.map(({ quantity }) => moneyOf(quantity))).toFixed(),
  amount: sum(lines.map(({ subtotal }) => moneyOf(subtotal))),
  proration: lines[0] === undefined ? new Exact(1) : prorationOf(lines[0]),
  catalogItem: lines[0]?.item_id ?? null,
});

/** The newest of lines: of those that begin last, the one that was made last. */
const newest = (lines: readonly Line[]): Line | undefined =>
  [...lines].sort(
    (a, b) =>
      (b.start_date ?? 0) - (a.start_date ?? 0) || (b.created_at ?? 0) - (a.created_at ?? 0) || (a.id < b.id ? 1 : -1),
  )[0];

/**
 * The period of a subscription that was running just before `until`; null where no invoice of the time before tells one:
 * in a trial, while it is paused, or where it was billed longer ago than was asked. `lines` are the subscription's own.
 */
export const billedAt = (lines: readonly Line[], until: number): Billed | null => {
  const covering = lines.filter((line) => covers(line, until) && !line.refund);
  const charges = covering.filter(({ type }) => type === 'charge');
  const plan = newest(charges.filter(({ origin }) => origin === 'plan'));
  if (plan === undefined) return null;
  const begins = new Set(covering.map(({ start_date: start }) => start));
  const whole =
    covering.length === charges.length && begins.size === 1 && charges.every((line) => prorationOf(line).equals(1));
  const added = Map.groupBy(
    charges.filter(({ origin, add_on_code: code }) => origin === 'add_on' && code !== null),
    ({ add_on_code: code }) => code ?? '',
  );
  const plans = charges.filter(({ origin }) => origin === 'plan');
  // Of a period that was changed inside, the newest line of each item is the nearest to what it was at the end.
  const pick = (own: readonly Line[]): readonly Line[] => (whole ? own : [newest(own)].flatMap((line) => line ?? []));
  const paid = sum(charges.map(({ subtotal, discount }) => moneyOf(subtotal).minus(moneyOf(discount))));
  const tax = sum(charges.map((line) => moneyOf(line.tax)));
  return {
    planId: plan.plan_id,
    plan: itemOf(plan.plan_code ?? '', pick(plans)),
    addOns: [...added].map(([code, own]) => itemOf(code, pick(own))).sort((a, b) => (a.code < b.code ? -1 : 1)),
    taxInclusive: plan.tax_inclusive,
    includedTax: paid.isZero() ? zero : tax.div(paid),
    discounted: charges.some(({ discount }) => !moneyOf(discount).isZero()),
    invoiceId: plan.invoice_id,
    endsAt: plan.end_date ?? until,
    whole,
  };
};
