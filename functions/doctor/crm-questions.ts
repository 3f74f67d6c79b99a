/** What the doctor asks the lake about a CRM's export of opportunities. */
import { lastDayNumberOf, type Month, openingMonthOf, windowNames } from '../core/month.ts';
import { type Catalog, monthsWith, partitionOf } from '../lake/catalog.ts';
import { type Derived, derive, monthOf, versionOf } from '../lake/derived.ts';
import { digits, list, text } from '../queries/sql.ts';

/** The questions about the export of the month `exported`, beside the book of `closing` and the year up to it. */
export const crmQuestions = (
  catalog: Catalog,
  closing: Month,
  exported: Month,
): Readonly<Record<'held' | 'strangers' | 'idsOnLines', Derived>> => {
  const known = partitionOf(catalog, exported, 'opportunities');
  const customersAt = monthsWith(catalog, 'customers', closing).at(-1);
  const customers = customersAt === undefined ? null : partitionOf(catalog, customersAt, 'customers');
  const closingLines = partitionOf(catalog, closing, 'lines');
  const ends = windowNames.map((window) => partitionOf(catalog, openingMonthOf(closing, window), 'lines'));
  const lines = [closingLines, ...ends].filter((partition) => partition !== null);
  const opportunities = { opportunities_month: monthOf(known), opportunities_version: versionOf(known) };
  const year = {
    opening_day: digits(lastDayNumberOf(openingMonthOf(closing, 'ttm'))),
    closing_day: digits(lastDayNumberOf(closing)),
  };
  return {
    held: derive(
      'crm-export',
      closing,
      { ...opportunities, ...year, exported_day: digits(lastDayNumberOf(exported)) },
      [known],
    ),
    strangers: derive(
      'crm-strangers',
      closing,
      {
        ...opportunities,
        ...year,
        customers_month: monthOf(customers),
        customers_version: versionOf(customers),
        line_months: list(lines.map(({ month }) => month)),
        line_versions: list(lines.map(({ version }) => version)),
      },
      [known, customers, ...lines],
    ),
    idsOnLines: derive(
      'crm-ids-on-lines',
      closing,
      { ...opportunities, month: text(closing), lines_version: versionOf(closingLines) },
      [closingLines, known],
    ),
  };
};
