/** What can be measured: snapshots and rates at both ends of every window, and amounts that the lake can hold. */
import type { Config } from './core/config.ts';
import { Exact, exact } from './core/money.ts';
import { type Month, openingMonthOf, type WindowName, windowNames } from './core/month.ts';
import { usageError } from './errors.ts';
import { fault, type GateFault } from './gate-fault.ts';
import { basisOf, bookMonths, type Catalog, partitionOf } from './lake/catalog.ts';
import type { Lineage } from './lake/lineage.ts';
import { dimensionSlots } from './lake/tables.ts';

type Standing = 'measurable' | 'no history' | 'snapshot missing' | 'bases differ' | 'rate missing';

/** Currencies of either end with MRR that counts, and no rate at either end. */
const missingRates = (
  catalog: Catalog,
  lineage: Lineage,
  opening: Month,
  closing: Month,
): { currency: string; month: Month }[] => {
  const counting = (month: Month) =>
    Object.entries(catalog.get(month)?.lines?.sums ?? {})
      .filter(([, sums]) => !exact(sums.counting).isZero())
      .map(([currency]) => currency);
  const currencies = [...new Set([...counting(opening), ...counting(closing)])].sort();
  return currencies.flatMap((currency) =>
    [opening, closing].filter((month) => !lineage.ratesOf(month).has(currency)).map((month) => ({ currency, month })),
  );
};

/** Whether a window can be measured, and if not, what is missing. */
export const standing = (catalog: Catalog, lineage: Lineage, closing: Month, window: WindowName): Standing => {
  const opening = openingMonthOf(closing, window);
  const [first] = bookMonths(catalog, closing);
  if (first === undefined || opening < first) return 'no history';
  if (partitionOf(catalog, opening, 'lines') === null || partitionOf(catalog, closing, 'lines') === null)
    return 'snapshot missing';
  if (basisOf(catalog, opening) !== basisOf(catalog, closing)) return 'bases differ';
  return missingRates(catalog, lineage, opening, closing).length > 0 ? 'rate missing' : 'measurable';
};

/** Sums of money stay exact below it in every table of the lake. */
const largestBook = exact('100000000000000');

/** Months whose book, in some currency or converted from it, is too large to be summed exactly. */
const tooLarge = (catalog: Catalog, closing: Month): GateFault[] => {
  const highest = new Map<string, Exact>();
  for (const { fx } of catalog.values())
    for (const [currency, rate] of Object.entries(fx?.rates ?? {}))
      highest.set(currency, Exact.max(highest.get(currency) ?? 1, rate));
  return [...catalog].flatMap(([month, { lines }]) =>
    Object.entries(month <= closing ? (lines?.sums ?? {}) : {})
      .filter(([currency, { all }]) =>
        exact(all)
          .times(highest.get(currency) ?? 1)
          .greaterThanOrEqualTo(largestBook),
      )
      .map(([currency, { all }]) =>
        fault(
          'BAD_ROW',
          `the lines of ${month} add up to ${all} ${currency}, which at the rates on file is more than the lake can hold: look for a line or a rate that is far too large`,
        ),
      ),
  );
};

/** What must be there before anything is measured: snapshots and rates at both ends of every window. */
export const missingInputs = (catalog: Catalog, lineage: Lineage, closing: Month, config: Config): GateFault[] => {
  if (partitionOf(catalog, closing, 'lines') === null)
    return [
      fault(
        'SNAPSHOT_MISSING',
        `${closing} has no lines: neither the source folder nor the lake has a snapshot of that month`,
      ),
    ];
  const large = tooLarge(catalog, closing);
  if (large.length > 0) return large;
  const candidates = lineage.candidates(closing);
  if (candidates.length > dimensionSlots)
    throw usageError(
      `the customers file has ${candidates.length} dimension columns; a report shows at most ${dimensionSlots}`,
      `Choose among them with "dimensions" in the configuration: ${candidates.join(', ')}.`,
    );
  const faults: GateFault[] = [];
  const rateless = new Map<string, { currency: string; month: Month }>();
  for (const window of windowNames) {
    const opening = openingMonthOf(closing, window);
    const found = standing(catalog, lineage, closing, window);
    if (found === 'snapshot missing')
      faults.push(
        fault(
          'SNAPSHOT_MISSING',
          `${opening}, where the ${window} window of ${closing} opens, has no lines, though earlier months do`,
        ),
      );
    if (found === 'rate missing')
      for (const gap of missingRates(catalog, lineage, opening, closing))
        rateless.set(`${gap.month} ${gap.currency}`, gap);
  }
  for (const month of lineage.paymentMonths(closing))
    for (const currency of Object.keys(catalog.get(month)?.payments?.sums ?? {}))
      if (!lineage.ratesOf(closing).has(currency)) rateless.set(`${closing} ${currency}`, { currency, month: closing });
  // A window that cannot be opened still needs the closing month's own rates.
  for (const gap of missingRates(catalog, lineage, closing, closing)) rateless.set(`${gap.month} ${gap.currency}`, gap);
  const gaps = [...rateless.values()];
  if (gaps.length > 0)
    faults.push(
      fault(
        'FX_MISSING',
        `no rate into ${config.reportingCurrency} for ${gaps.map(({ currency, month }) => `${currency} in ${month}`).join(', ')}`,
        gaps.map(({ currency, month }) => ({
          file: `${month}/fx.csv`,
          line: null,
          column: 'currency',
          value: currency,
          problem: 'neither this month nor an earlier one has its rate',
        })),
      ),
    );
  for (const [month, tables] of catalog) {
    const rate = tables.fx?.rates[config.reportingCurrency];
    if (month <= closing && rate !== undefined && !exact(rate).equals(1))
      faults.push(
        fault(
          'BAD_ROW',
          `fx of ${month} gives the reporting currency ${config.reportingCurrency} a rate of ${rate}: it is 1 by definition`,
        ),
      );
  }
  return faults;
};
