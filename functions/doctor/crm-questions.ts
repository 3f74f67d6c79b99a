/** What the doctor asks the lake about a CRM's export of opportunities. */
import { createHash } from 'node:crypto';
import { lastDayNumberOf, type Month, openingMonthOf, windowNames } from '../core/month.ts';
import { type Catalog, monthsWith, partitionOf } from '../lake/catalog.ts';
import type { Derived } from '../lake/lineage.ts';
import type { Partition } from '../ports.ts';
import { digits, list, type QueryName, queryText, renderSql, type SqlParameters, text } from '../queries/sql.ts';

const asked = (
  query: QueryName,
  month: Month,
  parameters: SqlParameters,
  sources: readonly (Partition | null)[],
): Derived => {
  const sql = renderSql(queryText(query), parameters);
  const hash = createHash('sha256').update(sql).digest('hex').slice(0, 32);
  return { query, month, sql, hash, reads: sources.filter((source) => source !== null), inputs: [] };
};

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
  const opportunities = {
    opportunities_month: text(known?.month ?? ''),
    opportunities_version: text(known?.version ?? ''),
  };
  const year = {
    opening_day: digits(lastDayNumberOf(openingMonthOf(closing, 'ttm'))),
    closing_day: digits(lastDayNumberOf(closing)),
  };
  return {
    held: asked('crm-export', closing, { ...opportunities, ...year }, [known]),
    strangers: asked(
      'crm-strangers',
      closing,
      {
        ...opportunities,
        ...year,
        customers_month: text(customers?.month ?? ''),
        customers_version: text(customers?.version ?? ''),
        line_months: list(lines.map(({ month }) => month)),
        line_versions: list(lines.map(({ version }) => version)),
      },
      [known, customers, ...lines],
    ),
    idsOnLines: asked(
      'crm-ids-on-lines',
      closing,
      { ...opportunities, month: text(closing), lines_version: text(closingLines?.version ?? '') },
      [closingLines, known],
    ),
  };
};
