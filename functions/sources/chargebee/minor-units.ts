/** Chargebee's amounts as exact money: whole numbers of minor units, or decimals of the currency where a site has them. */
import { Exact, exact, minorUnitDecimals } from '../../core/money.ts';

/**
 * How many of Chargebee's units make one of the currency: every currency with a minor unit is told in hundredths, those
 * with three decimals too. Source: apidocs.chargebee.com/docs/api/currencies, "Currency values".
 */
const divisorOf = (currency: string): number => (minorUnitDecimals(currency) === 0 ? 1 : 100);

/** An amount in Chargebee's units as money. */
export const moneyOf = (units: number, currency: string): Exact => new Exact(units).div(divisorOf(currency));

/** An amount in Chargebee's decimal text where it has one, otherwise in its units; null where it has neither. */
export const toldMoney = (decimal: string | undefined, units: number | undefined, currency: string): Exact | null => {
  if (decimal !== undefined) return exact(decimal);
  return units === undefined ? null : moneyOf(units, currency);
};

/** The smallest amount of a currency that Chargebee can tell. */
export const smallestOf = (currency: string): Exact => moneyOf(1, currency);
