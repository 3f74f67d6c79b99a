/** Invoices and credit notes as Stripe's API tells them, with what a test wants different. */
import { at, type Raw } from '../objects.ts';

export { at, type Raw };

/** A line of an invoice. `sub` is the subscription that it recurs with; left out, it is charged once. */
export type Line = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  readonly sub?: string;
  readonly item?: string;
  readonly product?: string;
  readonly discount?: number;
  readonly includedTax?: number;
  readonly addedTax?: number;
  readonly proration?: boolean;
  /** Whether it is told as an item that was added to the invoice, without the item of the subscription. */
  readonly added?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
};

const details = ({ sub, item, proration = false }: Line) => ({
  type: 'subscription_item_details',
  invoice_item_details: null,
  subscription_item_details: { subscription: sub, subscription_item: item ?? sub?.replace('sub', 'si'), proration },
});

const addedTo = ({ sub, proration = false }: Line) => ({
  type: 'invoice_item_details',
  subscription_item_details: null,
  invoice_item_details: { invoice_item: 'ii_1', proration, subscription: sub },
});

const once = {
  type: 'invoice_item_details',
  subscription_item_details: null,
  invoice_item_details: { invoice_item: 'ii_1', proration: false, subscription: null },
};

const taxesOf = ({ includedTax, addedTax }: Partial<Line>) => [
  ...(includedTax === undefined ? [] : [{ amount: includedTax, tax_behavior: 'inclusive' }]),
  ...(addedTax === undefined ? [] : [{ amount: addedTax, tax_behavior: 'exclusive' }]),
];

const discountsOf = ({ discount }: Partial<Line>) =>
  discount === undefined ? [] : [{ amount: discount, discount: 'di_1' }];

export const lineOf = (line: Line): Raw => ({
  id: line.id,
  object: 'line_item',
  amount: line.amount,
  description: 'Not for anybody else’s eyes',
  discount_amounts: discountsOf(line),
  taxes: taxesOf(line),
  period: { start: at(line.from), end: at(line.to) },
  metadata: line.metadata ?? {},
  pricing: { type: 'price_details', price_details: { price: 'price_1', product: line.product ?? 'prod_core' } },
  parent: line.sub === undefined ? once : line.added === true ? addedTo(line) : details(line),
});

const paidFor = ({ amount, discount = 0, addedTax = 0 }: Line): number => amount - discount + addedTax;

export type Bill = {
  readonly id: string;
  readonly customer: string;
  readonly on: string;
  readonly lines: readonly Line[];
  readonly currency?: string;
  readonly status?: string;
  readonly attempts?: number;
};

export const invoiceOf = ({ id, customer, on, lines, currency = 'usd', status = 'paid', attempts = 1 }: Bill) => ({
  id,
  object: 'invoice',
  created: at(on),
  currency,
  customer,
  status,
  total: lines.reduce((total, line) => total + paidFor(line), 0),
  amount_due: 0,
  attempt_count: attempts,
  billing_reason: 'subscription_cycle',
  status_transitions: {},
  lines: { object: 'list', data: lines.map(lineOf), has_more: false },
});

/** A credit of a line of the invoice, or of words alone. */
export type Credit = Pick<Line, 'id' | 'amount' | 'discount' | 'includedTax' | 'addedTax'> & { readonly of?: string };

export const creditNoteOf = (
  invoice: ReturnType<typeof invoiceOf>,
  on: string,
  credits: readonly Credit[],
  status = 'issued',
) => ({
  id: `cn_${credits[0]?.id}`,
  object: 'credit_note',
  created: at(on),
  currency: invoice.currency,
  customer: invoice.customer,
  invoice: invoice.id,
  status,
  type: 'post_payment',
  total: credits.reduce((total, { amount, discount = 0, addedTax = 0 }) => total + amount - discount + addedTax, 0),
  lines: {
    object: 'list',
    has_more: false,
    data: credits.map((credit) => ({
      id: credit.id,
      object: 'credit_note_line_item',
      type: credit.of === undefined ? 'custom_line_item' : 'invoice_line_item',
      invoice_line_item: credit.of ?? null,
      amount: credit.amount,
      discount_amounts: discountsOf(credit),
      taxes: taxesOf(credit),
    })),
  },
});
