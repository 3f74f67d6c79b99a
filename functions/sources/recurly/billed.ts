/** What Recurly's invoices say a subscription was at a month's end: the lines of the period that the end falls into. */
import { Exact, minorUnitDecimals, sum, zero } from '../../core/money.ts';
import type { Line } from './objects.ts';

/** What the plan or one add-on cost for a whole period, before discounts. */
export type BilledItem = {
  readonly code: string;
  readonly quantity: string;
  readonly amount: Exact;
  /** Share of a period that `amount` is for: below 1 where the price of a whole one is not told. */
  readonly proration: Exact;
  /** The catalog item behind it; null where there is none. */
  readonly catalogItem: string | null;
};

/** A billing period as it was billed. */
export type Billed = {
  readonly planId: string | null;
  readonly plan: BilledItem;
  readonly addOns: readonly BilledItem[];
  readonly taxInclusive: boolean;
  /** Share of what was charged that was tax included in the price. */
  readonly includedTax: Exact;
  readonly discounted: boolean;
  readonly invoiceId: string | null;
  readonly endsAt: number;
  /** False where the lines do not tell what the whole period costs: some are prorated, and nothing says of what. */
  readonly whole: boolean;
};

const moneyOf = (text: string | null): Exact => new Exact(text ?? 0);

/** Whether a line is of a billing period that was running just before `until`, billed before it. */
export const covers = ({ origin, created_at, start_date: start, end_date: end }: Line, until: number): boolean =>
  (origin === 'plan' || origin === 'add_on') &&
  (created_at === null || created_at < until) &&
  start !== null &&
  start < until &&
  end !== null &&
  end >= until;

const prorationOf = ({ proration_rate: rate }: Line): Exact => new Exact(rate ?? 1);
const isWhole = (line: Line): boolean => prorationOf(line).equals(1);
const startOf = (line: Line): number => line.start_date ?? 0;
const latest = (lines: readonly Line[]): number => Math.max(0, ...lines.map(startOf));

/** The price of a unit for a whole period, found again in what the same thing cost before it was prorated. */
const wholeUnit = (line: Line, charges: readonly Line[]): Exact | null => {
  const cent = new Exact(10).pow(-minorUnitDecimals(line.currency ?? ''));
  const sameThing = (one: Line) => one.plan_code === line.plan_code && one.add_on_code === line.add_on_code;
  const units = charges.filter((one) => isWhole(one) && sameThing(one)).map(({ unit_amount: unit }) => moneyOf(unit));
  const told = moneyOf(line.unit_amount);
  return units.find((unit) => unit.times(prorationOf(line)).minus(told).abs().lessThanOrEqualTo(cent)) ?? null;
};

type Resolved = { readonly item: BilledItem; readonly newest: Line; readonly whole: boolean };

/** What the lines of the plan, or of one add-on, come to; null for an add-on that was taken away inside the period. */
const resolved = (code: string, lines: readonly Line[]): Resolved | null => {
  const charges = lines.filter(({ type }) => type === 'charge');
  const credited = latest(lines.filter(({ type }) => type === 'credit'));
  const began = latest(charges);
  const current = charges.filter((line) => startOf(line) === began);
  const [newest] = current;
  if (newest === undefined || credited > began) return null;
  const quantity = sum(current.map((line) => moneyOf(line.quantity)));
  const item = { code, quantity: quantity.toFixed(), catalogItem: newest.item_id };
  const amount = sum(current.map(({ subtotal }) => moneyOf(subtotal)));
  if (current.every(isWhole)) return { item: { ...item, amount, proration: new Exact(1) }, newest, whole: true };
  // A change that credits all that was charged charges all that is there; without a credit it may be an increase alone.
  const unit = credited === began && current.length === 1 ? wholeUnit(newest, charges) : null;
  return unit === null
    ? { item: { ...item, amount, proration: prorationOf(newest) }, newest, whole: false }
    : { item: { ...item, amount: unit.times(quantity), proration: new Exact(1) }, newest, whole: true };
};

/**
 * The period of a subscription that was running just before `until`; null where no invoice of the time before tells one:
 * in a trial, while it is paused, or where it was billed longer ago than was asked. `lines` are the subscription's own.
 */
export const billedAt = (lines: readonly Line[], until: number): Billed | null => {
  const covering = lines
    .filter((line) => covers(line, until) && !line.refund)
    .sort((a, b) => startOf(b) - startOf(a) || (a.id < b.id ? -1 : 1));
  const ofPlan = covering.filter(({ origin }) => origin === 'plan');
  const plan = resolved(ofPlan.find(({ type }) => type === 'charge')?.plan_code ?? '', ofPlan);
  if (plan === null) return null;
  const added = Map.groupBy(
    covering.filter(({ origin }) => origin === 'add_on'),
    ({ add_on_code: code }) => code ?? '',
  );
  const addOns = [...added].map(([code, own]) => resolved(code, own)).filter((one) => one !== null);
  const charges = covering.filter(({ type }) => type === 'charge');
  const paid = sum(charges.map(({ subtotal, discount }) => moneyOf(subtotal).minus(moneyOf(discount))));
  const tax = sum(charges.map((line) => moneyOf(line.tax)));
  return {
    planId: plan.newest.plan_id,
    plan: plan.item,
    addOns: addOns.map(({ item }) => item).sort((a, b) => (a.code < b.code ? -1 : 1)),
    taxInclusive: plan.newest.tax_inclusive,
    includedTax: paid.isZero() ? zero : tax.div(paid),
    discounted: charges.some(({ discount }) => !moneyOf(discount).isZero()),
    invoiceId: plan.newest.invoice_id,
    endsAt: plan.newest.end_date ?? until,
    whole: [plan, ...addOns].every(({ whole }) => whole),
  };
};
