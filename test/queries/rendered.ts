/** Every query as a month asks it: of a catalog made up here, in which each table of the sources is there. */
import { configSchema } from '../../functions/core/config.ts';
import { monthRange, parseMonth } from '../../functions/core/month.ts';
import type { Catalog, CatalogTable } from '../../functions/lake/catalog.ts';
import type { Derived, DerivedTable } from '../../functions/lake/derived.ts';
import { lineageOf } from '../../functions/lake/lineage.ts';
import { type QueryName, queryNames } from '../../functions/queries/sql.ts';

const closing = parseMonth('2026-10');

const table = (version: string): CatalogTable => ({
  version,
  files: [],
  rows: 1,
  furtherColumns: ['plan', "it's"],
  sums: { USD: { all: '1', counting: '1' }, EUR: { all: '1', counting: '1' } },
  endedMonths: { [closing]: 1 },
  rates: { EUR: '1.1', JPY: '0.0067', KWD: '3.25' },
});

const catalog: Catalog = new Map(
  monthRange(parseMonth('2025-09'), closing).map((month) => [
    month,
    {
      lines: table(`l-${month}`),
      customers: table(`c-${month}`),
      cancellations: table(`x-${month}`),
      payments: table(`p-${month}`),
      fx: table(`f-${month}`),
      opportunities: table(`o-${month}`),
    },
  ]),
);

/** Each query once, in the reporting currency, whose minor unit has its say in the types. */
export const renderedQueries = (reportingCurrency = 'USD'): ReadonlyMap<QueryName, Derived | DerivedTable> => {
  const lineage = lineageOf(catalog, configSchema.parse({ reportingCurrency }));
  const accounts = lineage.windowAccounts(closing, 'ttm');
  const waiting: (Derived | DerivedTable)[] = [
    accounts,
    lineage.cells(accounts),
    lineage.topMovers(accounts, 'ttm'),
    lineage.movements(accounts, 'ttm', lineage.dimensions(closing)),
    lineage.traced(accounts, 'ttm'),
    lineage.bookTotal(closing, closing),
    lineage.failedPayments(closing),
    lineage.unknownCustomers(closing),
    lineage.unknownReasons(closing),
    lineage.accountsWithoutSegments(closing),
  ];
  const found = new Map<QueryName, Derived | DerivedTable>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next.query)) continue;
    found.set(next.query, next);
    waiting.push(...next.inputs);
  }
  const missing = queryNames.filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`nobody asks ${missing.join(', ')}`);
  return found;
};
