/** How subscriptions of the sample grow and shrink. */
import { dividedBy } from './amounts.ts';
import { addOns, planAbove, planBelow } from './catalog.ts';
import type { Dice } from './dice.ts';
import type { Profile } from './profile.ts';
import { type Item, itemOf, type Subscription } from './subscription.ts';

const isPlan = (item: Item): boolean => item.product.startsWith('platform-');

const percentOf = (amount: number, percent: number): number => dividedBy(amount * percent, 100);

/** A sale by a person leaves an opportunity in the CRM; any change in mid-term leaves an invoice. */
const sell = (profile: Profile, subscription: Subscription, dice: Dice): void => {
  subscription.invoice = `in_${dice.token(14)}`;
  if (profile.salesLed) subscription.opportunity = `006${dice.token(15)}`;
};

const swapPlan = (profile: Profile, subscription: Subscription, item: Item, up: boolean, dice: Dice): boolean => {
  const next = (up ? planAbove : planBelow)[subscription.plan];
  if (next === undefined || (up && item.quantity * 10 < next.fewest * 7 && next.fewest > 3)) return false;
  const quantity = next.model === 'flat' ? 1 : Math.min(Math.max(item.quantity, next.fewest), next.most);
  const discount = item.discount;
  Object.assign(item, itemOf(`si_${dice.token(14)}`, next, quantity, profile.currency), { discount });
  subscription.plan = next.plan;
  return true;
};

const addOnTo = (profile: Profile, subscription: Subscription, item: Item, dice: Dice): boolean => {
  const addOn = dice.pick(addOns);
  if (subscription.items.some(({ product }) => product === addOn.product)) return false;
  const quantity = Math.max(1, percentOf(item.quantity, addOn.share));
  subscription.items.push(itemOf(`si_${dice.token(14)}`, addOn, quantity, profile.currency));
  return true;
};

/** More seats, a higher plan or another product. */
export const expand = (profile: Profile, subscriptions: readonly Subscription[], dice: Dice): void => {
  const subscription = subscriptions[dice.below(subscriptions.length)];
  const item = subscription?.items.find(isPlan);
  if (subscription === undefined || item === undefined) return;
  const way = dice.below(100);
  const swapped = (way < 14 || item.model === 'flat') && swapPlan(profile, subscription, item, true, dice);
  const added = !swapped && way < 30 && addOnTo(profile, subscription, item, dice);
  if (!swapped && !added) {
    if (item.model === 'flat') return;
    item.quantity += Math.max(1, percentOf(item.quantity, dice.between(5, 22)));
  }
  sell(profile, subscription, dice);
};

/** Fewer seats, a lower plan, a product less or a discount. Returns the subscription that ends, if one does. */
export const contract = (profile: Profile, subscriptions: readonly Subscription[], dice: Dice): Subscription | null => {
  const last = subscriptions.at(-1);
  if (subscriptions.length > 1 && last !== undefined && dice.hits(2_500)) return last;
  const subscription = subscriptions[0];
  const item = subscription?.items.find(isPlan);
  if (subscription === undefined || item === undefined) return null;
  const way = dice.below(100);
  if (way < 20 && subscription.items.length > 1) {
    subscription.items.splice(1, 1);
    return null;
  }
  if (way < 32 && swapPlan(profile, subscription, item, false, dice)) return null;
  if (way < 50 || item.quantity < 4) item.discount = Math.min(40, item.discount + dice.between(2, 5) * 5);
  else item.quantity -= Math.max(1, percentOf(item.quantity, dice.between(8, 26)));
  subscription.invoice = `in_${dice.token(14)}`;
  return null;
};

/** The yearly rise of list prices at a renewal. */
export const raisePrices = (subscriptions: readonly Subscription[], dice: Dice): void => {
  const percent = dice.between(103, 106);
  for (const subscription of subscriptions) {
    for (const item of subscription.items) item.price = percentOf(item.price / 100, percent) * 100;
  }
};

/** What is sold by use is never the same twice. */
export const changeUsage = (subscriptions: readonly Subscription[], dice: Dice): void => {
  for (const item of subscriptions.flatMap(({ items }) => items)) {
    if (item.model === 'usage') item.quantity = Math.max(1, percentOf(item.quantity, dice.between(93, 108)));
  }
};
