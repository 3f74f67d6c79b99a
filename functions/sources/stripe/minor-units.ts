/** Stripe's whole-number amounts as exact money. Stripe's decimals are not those of ISO 4217 for every currency. */
import { Exact } from '../../core/money.ts';

// Source: docs.stripe.com/currencies. ISK and UGX have no minor unit, and still come in hundredths.
const withoutMinorUnit = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ');
const withThreeDecimals = 'BHD JOD KWD OMR TND'.split(' ');

const divisorOf = (currency: string): number => {
  if (withoutMinorUnit.includes(currency)) return 1;
  return withThreeDecimals.includes(currency) ? 1000 : 100;
};

/** Stripe's code of a currency as the contract writes it. */
export const currencyOf = (code: string): string => code.toUpperCase();

/** An amount in minor units, whole or not, as money. `currency` is in capitals. */
export const moneyOf = (minorUnits: Exact | string | number, currency: string): Exact =>
  new Exact(minorUnits).div(divisorOf(currency));
