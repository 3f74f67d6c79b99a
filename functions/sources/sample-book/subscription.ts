/** A subscription of the sample: items with prices, and the lines they show in a month's snapshot. */
import { dividedBy, unitParts } from './amounts.ts';
import type { AddOn, Model, Plan } from './catalog.ts';
import { type Currency, priceLists } from './currencies.ts';

/** Months between invoices. */
export type Interval = 1 | 3 | 12;

export type Item = {
  id: string;
  product: string;
  model: Model;
  quantity: number;
  /** List price of one unit a month in the currency, in ten-thousandths. */
  price: number;
  /** Percent off. */
  discount: number;
};

export type Subscription = {
  id: string;
  customer: string;
  plan: string;
  items: Item[];
  invoice: string;
  opportunity: string;
};

/** Months paid for in a period when prices are a month's: two are free in a year, a little is off a quarter. */
const paidFor: Readonly<Record<Interval, number>> = { 1: 100, 3: 285, 12: 1_000 };

export const localPrice = (dollars: number, currency: Currency): number => {
  const { per100, smallest } = priceLists[currency];
  return dividedBy(dollars * per100 * (unitParts / 100), smallest) * smallest;
};

export const itemOf = (id: string, sold: Plan | AddOn, quantity: number, currency: Currency): Item => ({
  id,
  product: sold.product,
  model: sold.model,
  quantity,
  price: localPrice(sold.price, currency),
  discount: 0,
});

/** What an item costs in one period, as invoiced, and what the discount took off it. */
const invoiced = (item: Item, interval: Interval, currency: Currency): { net: number; off: number } => {
  const { smallest } = priceLists[currency];
  const gross = dividedBy(item.price * item.quantity * paidFor[interval], 100 * smallest) * smallest;
  const off = dividedBy(gross * item.discount, 100 * smallest) * smallest;
  return { net: gross - off, off };
};

export const invoiceAmount = (subscription: Subscription, interval: Interval, currency: Currency): number =>
  subscription.items.reduce((total, item) => total + invoiced(item, interval, currency).net, 0);

/** Monthly recurring revenue and discount of an item: the invoice of a year or quarter spread over its months. */
export const monthly = (item: Item, interval: Interval, currency: Currency): { mrr: number; off: number } => {
  const { net, off } = invoiced(item, interval, currency);
  return { mrr: dividedBy(net, interval), off: dividedBy(off, interval) };
};

/** The free product that some small accounts carry beside what they pay for. */
export const freeItem = (id: string): Item => ({
  id,
  product: 'sandbox',
  model: 'flat',
  quantity: 1,
  price: 0,
  discount: 0,
});
