/** Exact money and ratios. Text at the border, decimal.js inside; a float never holds an amount. */
import { Decimal } from 'decimal.js';

/** 60 significant digits: sums of DECIMAL(38) stay exact, quotients are correct far beyond the 6 decimals shown. */
export const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -60, toExpPos: 60 });
export type Exact = Decimal;

const form = /^-?\d+(\.\d+)?$/;

/** Reads exact decimal text. Throws RangeError on anything else: exponents, separators, currency signs. */
export const exact = (text: string): Exact => {
  if (!form.test(text)) throw new RangeError(`"${text}" is not a plain decimal number`);
  return new Exact(text);
};

export const zero: Exact = new Exact(0);

export const sum = (amounts: Iterable<Exact>): Exact => {
  let total = zero;
  for (const amount of amounts) total = total.plus(amount);
  return total;
};

/** A money amount with exactly the currency's decimals. The amount must already be exact at that scale. */
export const moneyText = (amount: Exact, decimals: number): string => {
  if (amount.decimalPlaces() > decimals) throw new RangeError(`${amount.toFixed()} has more than ${decimals} decimals`);
  return amount.isZero() ? zero.toFixed(decimals) : amount.toFixed(decimals);
};

/** A ratio rounded half away from zero to 6 decimals; null when the base is zero: an undefined ratio is never 0 % or 100 %. */
export const ratioText = (part: Exact, base: Exact): string | null => {
  if (base.isZero()) return null;
  const ratio = part.div(base).toDecimalPlaces(6, Decimal.ROUND_HALF_UP);
  return ratio.isZero() ? '0.000000' : ratio.toFixed(6);
};

const withoutMinorUnit = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ');
const withThreeDecimals = 'BHD IQD JOD KWD LYD OMR TND'.split(' ');
const withFourDecimals = 'CLF UYW'.split(' ');

/** Decimals of a currency's minor unit. Source: ISO 4217, table A.1; 2 for every currency not listed here. */
export const minorUnitDecimals = (currency: string): number => {
  if (withoutMinorUnit.includes(currency)) return 0;
  if (withThreeDecimals.includes(currency)) return 3;
  return withFourDecimals.includes(currency) ? 4 : 2;
};
