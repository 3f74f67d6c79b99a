/** The sample's currencies: their price lists, and rates that drift from month to month. */
import { diceFor } from './dice.ts';

export const currencyCodes = ['USD', 'EUR', 'GBP', 'JPY'] as const;
export type Currency = (typeof currencyCodes)[number];

/** Local list price for a price of 100 dollars, and the smallest amount invoiced, in ten-thousandths. */
export const priceLists: Readonly<Record<Currency, { per100: number; smallest: number }>> = {
  USD: { per100: 100, smallest: 100 },
  EUR: { per100: 92, smallest: 100 },
  GBP: { per100: 79, smallest: 100 },
  JPY: { per100: 14_900, smallest: 10_000 },
};

const firstRates = { EUR: 106_120_000, GBP: 122_350_000, JPY: 668_900 } as const;

/** One unit in dollars with 8 decimals, for each month: every month at most 2.2 % off the one before. */
export const ratesOf = (months: number, seed: number): Readonly<Record<string, string>>[] => {
  const dice = diceFor(seed, 0xf0);
  const rates: Record<string, number> = { ...firstRates };
  return Array.from({ length: months }, () => {
    const texts: Record<string, string> = {};
    for (const [currency, rate] of Object.entries(rates)) {
      rates[currency] = Math.floor((rate * (10_000 + dice.between(-205, 220))) / 10_000);
      const digits = `${rates[currency]}`.padStart(9, '0');
      texts[currency] = `${digits.slice(0, -8)}.${digits.slice(-8)}`;
    }
    return texts;
  });
};
