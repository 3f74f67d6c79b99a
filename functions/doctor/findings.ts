/** How reasons, dimensions and currencies are judged, whether they come from a whole month or from a sample. */
import { reasonKey, reasonNotTold } from '../core/reasons.ts';
import { dimensionSlots } from '../lake/tables.ts';
import { type Check, counted, fail, ok, some, warn } from './check.ts';

/** Longer texts cannot stand in the configuration. */
const longestReason = 255;

const shownAtMost = 20;

export type UnknownReason = { readonly key: string; readonly count: number };

export type Reasons = {
  /** Those that no cause is known for, the most frequent first; not all of them where there are very many. */
  readonly unknown: readonly UnknownReason[];
  /** How many there are in all. */
  readonly keys: number;
  readonly cancellations: number;
  /** What was looked at, such as `the cancellations of the year up to 2026-10`. */
  readonly among: string;
};

/** The reasons of a sample that no cause is known for. */
export const unknownAmong = (
  reasons: readonly string[],
  known: ReadonlySet<string>,
): Pick<Reasons, 'unknown' | 'keys' | 'cancellations'> => {
  const counts = new Map<string, number>();
  for (const key of reasons.map(reasonKey)) if (!known.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const unknown = [...counts]
    .map(([key, count]) => ({ key, count }))
    .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
  return {
    unknown,
    keys: unknown.length,
    cancellations: unknown.reduce((sum, { count }) => sum + count, 0),
  };
};

/** Unknown reasons leave churn unclassified; what they mean is for people to say. */
export const reasonsCheck = ({ unknown, keys, cancellations, among }: Reasons): Check => {
  if (cancellations === 0) return ok('reasons', `every reason among ${among} has a cause`);
  const notTold = unknown.find(({ key }) => key === reasonNotTold);
  const nameable = unknown.filter(({ key }) => key !== '' && key !== reasonNotTold && key.length <= longestReason);
  const paste = nameable.slice(0, shownAtMost).map(({ key }) => `"${key}": "voluntary or involuntary",`);
  const others = keys - nameable.length - (notTold === undefined ? 0 : 1);
  const named = nameable.reduce((sum, { count }) => sum + count, 0);
  const parts = [
    ...(nameable.length === 0
      ? []
      : [
          `${counted(nameable.length, 'reason')} that the reason map does not know, in ${counted(named, 'cancellation')}`,
        ]),
    ...(notTold === undefined ? [] : [`${counted(notTold.count, 'cancellation')} without any reason`]),
    ...(others <= 0
      ? []
      : [
          `${counted(others, 'more reason')} that cannot be mapped one by one: too many, too long, or without a Latin letter or digit`,
        ]),
  ];
  const fixes = [
    ...(nameable.length === 0
      ? []
      : ['Say under "reasonMap" in retention.config.json what each means, one word a line.']),
    ...(notTold === undefined ? [] : ['Have a reason recorded when a subscription is cancelled.']),
    ...(others <= 0 ? [] : ['Let the export write short codes.']),
  ];
  return warn('reasons', `${parts.join('; ')} (${among}): unclassified as they stand`, fixes.join(' '), paste);
};

export type Dimensions = {
  /** Columns that would be reported, with the number of accounts that have no value in each. */
  readonly without: readonly { readonly name: string; readonly count: number }[];
  /** What was looked at, such as `6 accounts that pay in 2026-10`. */
  readonly among: string;
};

/** More columns than a report shows, and nobody has chosen: a run would be refused. */
export const tooManyDimensions = (names: readonly string[], how: string): Check | null =>
  names.length <= dimensionSlots
    ? null
    : fail(
        'dimensions',
        'usage',
        `${names.length} columns of customers could be dimensions; a report shows at most ${dimensionSlots}: ${some(names.map(columnName), 12)}`,
        how,
      );

/** Names of columns come from outside and may be long. */
const columnName = (name: string): string => (name.length > 40 ? `${name.slice(0, 39)}…` : name);

/** Accounts without a value are reported under (none). */
export const dimensionsCheck = ({ without, among }: Dimensions): Check => {
  if (without.length === 0)
    return warn(
      'dimensions',
      `customers have no further columns: the report has no segments beside acv_band and cohort_year`,
      'Add columns such as plan or region to the customers, if the report is to show them.',
    );
  const gaps = without.filter(({ count }) => count > 0);
  if (gaps.length === 0)
    return ok(
      'dimensions',
      `${some(
        without.map(({ name }) => columnName(name)),
        8,
      )}: no gaps (${among})`,
    );
  const told = gaps.map(({ name, count }) => `${count} without ${columnName(name)}`);
  return warn(
    'dimensions',
    `${told.join(', ')}, of ${among}`,
    'Fill these in at the source; until then they are reported under (none). The row that counts is that of the paying parent.',
  );
};

export type RateGap = { readonly currency: string; readonly month: string };

/** Lines for the files of rates that the gaps belong to. `fileAt` tells the file that holds at a month, if there is one. */
export const rateLines = (
  gaps: readonly RateGap[],
  reportingCurrency: string,
  fileAt: (month: string) => { readonly name: string; readonly present: boolean },
): string[] => {
  const files = new Map<string, { present: boolean; currencies: Set<string> }>();
  for (const { currency, month } of gaps) {
    const { name, present } = fileAt(month);
    const file = files.get(name) ?? { present, currencies: new Set<string>() };
    file.currencies.add(currency);
    files.set(name, file);
  }
  const inOrder = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return inOrder.flatMap(([name, { present, currencies }]) => [
    present ? `${name}, to be added:` : `${name}, a new file:`,
    ...(present ? [] : ['currency,rate']),
    ...[...currencies].sort().map((currency) => `${currency},<${reportingCurrency} for 1 ${currency}>`),
  ]);
};
