/** What the lines of invoices charge for: net of discounts and included tax, for which time of which subscription. */
import { Exact } from '../../../core/money.ts';
import { invoiceStates } from '../../columns.ts';
import { currencyOf } from '../minor-units.ts';
import type { BilledInvoice, BilledLine, CreditLine, CreditNote } from './objects.ts';

/** An amount for a time. A charge without one is for once. */
export type Charge = {
  readonly customer: string;
  readonly invoice: string;
  readonly id: string;
  readonly subscription: string | null;
  readonly item: string | null;
  /** Whether it is a part of a period that was billed for a change. */
  readonly prorated: boolean;
  readonly product: string;
  readonly currency: string;
  /** Minor units; a credit is below zero. */
  readonly net: number;
  /** Seconds since 1970; the end is the first that is no longer served. */
  readonly period: { readonly start: number; readonly end: number } | null;
  /** Of the invoice; `void` where all of it was credited. */
  readonly status: string;
  readonly metadata: Readonly<Record<string, string>>;
};

/** How long before an end what is paid back for the rest may be noted. */
const day = 86_400;

/** Whether somebody owes or paid it, for a time. */
export const counts = ({ status, period, net }: Charge): boolean =>
  period !== null && period.end > period.start && net !== 0 && invoiceStates.counted.some((state) => state === status);

export type Served = Charge & { readonly period: NonNullable<Charge['period']> };

/** A charge that counts, with its time. */
export const isServed = (charge: Charge): charge is Served => charge.period !== null && counts(charge);

/** What a charge has for a part of its time, in minor units. */
export const worthOf = ({ net, period }: Served, from: number, to: number): Exact =>
  new Exact(net).times(to - from).div(period.end - period.start);

const totalOf = (amounts: readonly { readonly amount: number }[] | null | undefined): number =>
  (amounts ?? []).reduce((total, { amount }) => total + amount, 0);

/** Minor units without discounts and without the tax that the price includes. */
const netOf = ({ amount, discount_amounts: discounts, taxes }: BilledLine | CreditLine): number =>
  amount - totalOf(discounts) - totalOf(taxes?.filter(({ tax_behavior: behavior }) => behavior === 'inclusive'));

/** The subscription that a line recurs with: by its item, or as the proration of one. */
const recurringOf = ({ parent }: BilledLine): Pick<Charge, 'subscription' | 'item' | 'prorated'> | null => {
  const { subscription_item_details: own, invoice_item_details: added } = parent ?? {};
  if (own) return { subscription: own.subscription ?? null, item: own.subscription_item, prorated: own.proration };
  return added?.proration && added.subscription
    ? { subscription: added.subscription, item: null, prorated: true }
    : null;
};

const chargeOf = (line: BilledLine, customer: string, { id, currency }: BilledInvoice, status: string): Charge => {
  const recurring = recurringOf(line);
  return {
    customer,
    invoice: id,
    id: line.id,
    subscription: recurring?.subscription ?? null,
    item: recurring?.item ?? null,
    prorated: recurring?.prorated ?? false,
    product: line.pricing?.price_details?.product ?? 'other',
    currency: currencyOf(currency),
    net: netOf(line),
    period: recurring === null ? null : line.period,
    status,
    metadata: line.metadata ?? {},
  };
};

/** An invoice with its credit notes, all lines of both. */
export type Billed = {
  readonly invoice: BilledInvoice;
  readonly customer: string;
  readonly lines: readonly BilledLine[];
  readonly credits: readonly { readonly note: CreditNote; readonly lines: readonly CreditLine[] }[];
};

export type Charged = {
  readonly charges: readonly Charge[];
  /** Whether credit notes took back all of the invoice. */
  readonly creditedInFull: boolean;
  /** Credits that name no line of the invoice: of what time they are is not known. */
  readonly unplaced: number;
};

/**
 * The charges of an invoice, and its credits: each for the same time as the line that it takes back. An invoice that was
 * credited in full counts as one that is void. `endedAt` says when a subscription ended: a line of one that ended within
 * it counts until then, so that a part that was paid back at the end, for the rest, is not taken off once more.
 */
export const chargesOf = (
  { invoice, customer, lines, credits }: Billed,
  endedAt: (subscription: string) => number | null,
): Charged => {
  const issued = credits.filter(({ note }) => note.status === 'issued');
  const credited = issued.reduce((total, { note }) => total + note.total, 0);
  const creditedInFull = invoice.total > 0 && credited >= invoice.total;
  const status = creditedInFull ? 'void' : (invoice.status ?? 'draft');
  const charges = lines.map((line) => chargeOf(line, customer, invoice, status));
  if (creditedInFull) return { charges, creditedInFull, unplaced: 0 };

  const byId = new Map(charges.map((charge) => [charge.id, charge]));
  const endedWithin = ({ subscription, period }: Charge): number | null => {
    const ended = subscription === null || period === null ? null : endedAt(subscription);
    return ended !== null && period !== null && ended > period.start && ended < period.end ? ended : null;
  };
  const placed = issued.flatMap(({ note, lines: noted }) =>
    noted.flatMap((line) => {
      const charge = byId.get(line.invoice_line_item ?? '');
      return charge === undefined ? [] : [{ charge, id: line.id, net: -netOf(line), at: note.created }];
    }),
  );
  const left = new Map(charges.map(({ id, net }) => [id, net]));
  for (const { charge, net } of placed) left.set(charge.id, (left.get(charge.id) ?? 0) + net);
  const taken = placed.flatMap(({ charge, id, net, at }): Charge[] => {
    const ended = endedWithin(charge);
    const forTheRest = ended !== null && at >= ended - day && (left.get(charge.id) ?? 0) > 0;
    return forTheRest ? [] : [{ ...charge, id, net, metadata: {} }];
  });
  const noted = issued.reduce((total, { lines: own }) => total + own.length, 0);
  return { charges: [...charges, ...taken], creditedInFull, unplaced: noted - placed.length };
};
