/** What was looked up for a part: coupons, tiers, the tax in a price, and what metered items were invoiced. */
import { type Exact, sum, zero } from '../../core/money.ts';
import type { KeptPages, PullRequest } from '../billing/port.ts';
import { isActive } from './discounted.ts';
import type { Part } from './gathered.ts';
import { currencyOf, moneyOf } from './minor-units.ts';
import {
  type Coupon,
  type Discount,
  type Invoice,
  type InvoiceLine,
  type Price,
  readCoupon,
  readInvoice,
  readInvoiceLine,
  readPrice,
} from './objects.ts';
import { keptPages, type Lookup, lookedUp, lookupName } from './pages.ts';
import { priceLookup } from './price-in.ts';
import type { StripeSettings } from './settings.ts';
import { discountsOf, type Told, taxInvoiceOf } from './states.ts';
import type { Lookups } from './subscription-lines.ts';

/** What is paid for a line, without discounts, and the tax in it, in minor units. */
const netOf = ({ amount, discount_amounts: discounts, taxes }: InvoiceLine): { paid: number; tax: number } => {
  const paid = amount - (discounts ?? []).reduce((total, one) => total + one.amount, 0);
  const included = (taxes ?? []).filter(({ tax_behavior: behavior }) => behavior === 'inclusive');
  return { paid, tax: included.reduce((total, one) => total + one.amount, 0) };
};

const itemOf = ({ parent }: InvoiceLine): string | null => parent?.subscription_item_details?.subscription_item ?? null;

const linesOf = async ({ id, lines }: Invoice, kept: KeptPages): Promise<InvoiceLine[]> => {
  if (!lines.has_more) return lines.data;
  const all: InvoiceLine[] = [];
  for await (const page of keptPages(lookupName({ kind: 'lines', id }), kept)) all.push(...page.map(readInvoiceLine));
  return all.length === 0 ? lines.data : all;
};

/** Share of what an item's lines came to that was tax in the price; null where they came to nothing. */
const includedTaxOf = (lines: readonly InvoiceLine[], item: string): Exact | null => {
  const nets = lines.filter((line) => itemOf(line) === item).map(netOf);
  const paid = sum(nets.map((net) => zero.plus(net.paid)));
  return paid.isZero() ? null : sum(nets.map((net) => zero.plus(net.tax))).div(paid);
};

const usageOf = async (invoices: readonly Invoice[], kept: KeptPages): Promise<ReadonlyMap<string, Exact>> => {
  const usage = new Map<string, Exact>();
  for (const invoice of invoices) {
    if (invoice.status !== 'paid' && invoice.status !== 'open') continue;
    for (const line of await linesOf(invoice, kept)) {
      const [item, { paid, tax }] = [itemOf(line), netOf(line)];
      const money = moneyOf(paid - tax, currencyOf(invoice.currency));
      if (item !== null) usage.set(item, (usage.get(item) ?? zero).plus(money));
    }
  }
  return usage;
};

/** Coupons and prices are few and asked for often; an account that makes one for every customer has no end of them. */
const rememberedAtMost = 10_000;

/** Coupons and prices that earlier parts needed. */
export type Memory = { readonly coupons: Map<string, Coupon | null>; readonly prices: Map<string, Price | null> };

/** Everything that the lines of a part's subscriptions need beside the subscriptions themselves. */
export const lookupsFor = async (
  part: Part,
  told: readonly Told[],
  memory: Memory,
  request: PullRequest,
  settings: StripeSettings,
  kept: KeptPages,
): Promise<Lookups> => {
  const found = async <T>(lookup: Lookup, known: Map<string, T | null>, read: (body: unknown) => T) => {
    const remembered = known.get(lookup.id);
    if (remembered !== undefined) return remembered;
    const body = await lookedUp(lookup, kept);
    const value = body === null ? null : read(body);
    if (known.size >= rememberedAtMost) known.clear();
    known.set(lookup.id, value);
    return value;
  };

  // What a customer had at the month's end and has lost since, events tell; what it has now may be newer than that.
  const customerDiscounts = new Map<string, Discount>();
  const stands = (discount: Discount) => isActive(discount, request.until);
  for (const discount of part.discounts().values())
    if (discount.customer && !discount.subscription && stands(discount))
      customerDiscounts.set(discount.customer, discount);
  for (const { id, discount } of part.customers())
    if (discount && stands(discount)) customerDiscounts.set(id, discount);
  const discounts = new Map(part.discounts());
  for (const one of told) for (const discount of discountsOf(one)) discounts.set(discount.id, discount);

  const coupons = new Map<string, Coupon | null>();
  for (const { couponId: id } of [...discounts.values(), ...customerDiscounts.values()])
    if (id !== null) coupons.set(id, await found({ kind: 'coupon', id }, memory.coupons, readCoupon));

  const prices = new Map<string, Price | null>();
  const taxes = new Map<string, readonly InvoiceLine[]>();
  for (const { state } of told) {
    const { subscription } = state;
    for (const { price } of subscription.items.data) {
      const lookup = priceLookup(price, subscription.currency);
      if (lookup !== null) prices.set(lookup.id, await found(lookup, memory.prices, readPrice));
    }
    const invoice = taxInvoiceOf(subscription);
    const body = invoice === null ? null : await lookedUp({ kind: 'invoice', id: invoice }, kept);
    if (body !== null) taxes.set(subscription.id, readInvoice(body).lines.data);
  }

  const usage = await usageOf(settings.metered === 'average' ? part.invoices() : [], kept);
  return {
    coupon: (id) => coupons.get(id) ?? null,
    discount: (id) => discounts.get(id) ?? null,
    fullPrice: (id) => prices.get(id) ?? null,
    customerDiscount: (customer) => customerDiscounts.get(customer) ?? null,
    includedTax: (subscription, item) => includedTaxOf(taxes.get(subscription) ?? [], item),
    invoicedUsage: (item) => usage.get(item) ?? zero,
  };
};
