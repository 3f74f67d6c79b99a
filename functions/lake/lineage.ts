/**
 * What each derived table is made of. A table's version is the hash of the very query that makes it, and that query names
 * the versions it reads: a change anywhere upstream gives new versions downstream, and nothing else is built again.
 */
import { type Config, reasonCauses } from '../core/config.ts';
import { minorUnitDecimals } from '../core/money.ts';
import {
  addMonths,
  lastDayNumberOf,
  type Month,
  monthRange,
  monthsInside,
  openingMonthOf,
  type WindowName,
  windowLength,
} from '../core/month.ts';
import type { Partition } from '../ports.ts';
import { columns, digits, list, rows, text } from '../queries/sql.ts';
import { bookMonths, type Catalog, monthsWith, partitionOf, ratesAt } from './catalog.ts';
import { asTable, type Derived, type DerivedTable, derive, monthOf, versionOf } from './derived.ts';
import { dimensionSlots } from './tables.ts';

const once = <K, V>(make: (key: K) => V): ((key: K) => V) => {
  const made = new Map<K, { readonly value: V }>();
  return (key) => {
    const known = made.get(key) ?? { value: make(key) };
    made.set(key, known);
    return known.value;
  };
};

/** No amount of money that fits the lake reaches it. */
const unbounded = '999999999999999999999999';

/** Everything that can be asked of a catalog under a configuration. Months passed in must have a book. */
export const lineageOf = (catalog: Catalog, config: Config) => {
  const decimals = digits(minorUnitDecimals(config.reportingCurrency));
  const ratesOf = once((month: Month) => ratesAt(catalog, month, config.reportingCurrency));
  const currenciesOf = (...months: Month[]) =>
    [...new Set(months.flatMap((month) => Object.keys(catalog.get(month)?.lines?.sums ?? {})))].sort();
  const lines = (month: Month) => partitionOf(catalog, month, 'lines');

  const cancellationsOf = (months: readonly Month[]): Partition[] =>
    monthsWith(catalog, 'cancellations')
      .filter((month) => months.some((ended) => catalog.get(month)?.cancellations?.endedMonths[ended] !== undefined))
      .map((month) => partitionOf(catalog, month, 'cancellations'))
      .filter((partition) => partition !== null);

  const customersMonth = (month: Month): Month | undefined => monthsWith(catalog, 'customers', month).at(-1);
  const customers = (month: Month): Partition | null => {
    const newest = customersMonth(month);
    return newest === undefined ? null : partitionOf(catalog, newest, 'customers');
  };

  /** Customers-file columns that could be reported for a closing month: those configured, or all that its file has. */
  const candidates = (month: Month): readonly string[] => {
    if (config.dimensions !== undefined) return config.dimensions;
    const newest = customersMonth(month);
    const found = newest === undefined ? [] : (catalog.get(newest)?.customers?.furtherColumns ?? []);
    return found.filter((name) => name !== 'acv_band' && name !== 'cohort_year');
  };

  const dimensions = once((month: Month): readonly string[] => candidates(month).slice(0, dimensionSlots));

  const book = once(
    (month: Month): DerivedTable =>
      asTable(
        'book',
        derive('book', month, { month: text(month), lines_version: versionOf(lines(month)) }, [lines(month)]),
      ),
  );

  const families = once((month: Month): DerivedTable | null => {
    const map = customers(month);
    if (map === null) return null;
    const at = customersMonth(month) ?? month;
    return asTable(
      'families',
      derive('families', at, { customers_month: monthOf(map), customers_version: versionOf(map) }, [map]),
    );
  });

  /** The file before a month's newest customers file, and what it no longer lists; null before the second file. */
  const staleCustomers = once((month: Month): DerivedTable | null => {
    const [previousAt, at] = monthsWith(catalog, 'customers', month).slice(-2);
    if (previousAt === undefined || at === undefined) return null;
    if (at !== month) return staleCustomers(at);
    const [newest, previous] = [partitionOf(catalog, at, 'customers'), partitionOf(catalog, previousAt, 'customers')];
    const stale = staleCustomers(previousAt);
    const parameters = {
      customers_month: text(at),
      customers_version: versionOf(newest),
      previous_month: text(previousAt),
      previous_version: versionOf(previous),
      previous_stale_version: versionOf(stale),
    };
    return asTable('stale_customers', derive('stale-customers', at, parameters, [newest, previous, stale]));
  });

  /** A chain along the months that have a book: each adds its own sightings to the month before. */
  const firstSeen = once((month: Month): DerivedTable => {
    const previousMonth = bookMonths(catalog, month).findLast((at) => at < month);
    const previous = previousMonth === undefined ? null : firstSeen(previousMonth);
    const parameters = {
      month: text(month),
      book_version: versionOf(book(month)),
      previous_month: monthOf(previous),
      previous_version: versionOf(previous),
    };
    return asTable('first_seen', derive('first-seen', month, parameters, [book(month), previous]));
  });

  const slotsOf = (names: readonly string[]) =>
    Object.fromEntries(
      Array.from({ length: dimensionSlots }, (_, slot) => [`dimension_${slot + 1}`, text(names[slot] ?? null)]),
    );

  /** `shown` are the dimensions of the window that asks: those of its closing month. */
  const customerMonth = (month: Month, shown: readonly string[]): DerivedTable => {
    const at = [month, ...Object.values(windowLength).map((length) => addMonths(month, -length))].map(ratesOf);
    const rates = currenciesOf(month).map((currency) => [currency, ...at.map((rate) => rate.get(currency) ?? null)]);
    const [newest, stale] = [customers(month), staleCustomers(month)];
    const parameters = {
      month: text(month),
      book_version: versionOf(book(month)),
      first_seen_version: versionOf(firstSeen(month)),
      customers_month: monthOf(newest),
      customers_version: versionOf(newest),
      stale_version: versionOf(stale),
      rates: rows(rates),
      decimals,
      ...slotsOf(shown),
    };
    return asTable(
      'customer_month',
      derive('customer-month', month, parameters, [book(month), firstSeen(month), newest, stale]),
    );
  };

  const windowAccounts = (closing: Month, window: WindowName): DerivedTable => {
    const opening = openingMonthOf(closing, window);
    const inside = monthsInside(opening, closing);
    const cancellations = cancellationsOf(inside);
    const family = families(closing);
    const segments = customers(opening);
    const stale = staleCustomers(opening);
    const shown = dimensions(closing);
    const [atOpening, atClosing] = [customerMonth(opening, shown), customerMonth(closing, shown)];
    const rates = currenciesOf(opening, closing).map((currency) => [
      currency,
      ratesOf(opening).get(currency) ?? null,
      ratesOf(closing).get(currency) ?? null,
    ]);
    const bands = config.acvBands.map(({ name, from }, at) => [name, from, config.acvBands[at + 1]?.from ?? unbounded]);
    const parameters = {
      window: text(window),
      opening_month: text(opening),
      closing_month: text(closing),
      opening_book: versionOf(book(opening)),
      closing_book: versionOf(book(closing)),
      opening_customers: versionOf(atOpening),
      closing_customers: versionOf(atClosing),
      families_month: monthOf(family),
      families_version: versionOf(family),
      first_seen_version: versionOf(firstSeen(closing)),
      cancellation_months: list(cancellations.map(({ month }) => month)),
      cancellation_versions: list(cancellations.map(({ version }) => version)),
      segments_month: monthOf(segments),
      segments_version: versionOf(segments),
      segments_stale_version: versionOf(stale),
      rates: rows(rates),
      reasons: rows(reasonCauses(config)),
      bands: rows(bands),
      decimals,
      ...slotsOf(shown),
    };
    return asTable(
      'window_accounts',
      derive('window-accounts', closing, parameters, [
        book(opening),
        book(closing),
        atOpening,
        atClosing,
        family,
        firstSeen(closing),
        segments,
        stale,
        ...cancellations,
      ]),
    );
  };

  /** Payments files of the year up to a month. */
  const paymentMonths = (closing: Month): Month[] => monthRange(addMonths(closing, -11), closing);
  const payments = (closing: Month): Partition[] =>
    paymentMonths(closing)
      .map((month) => partitionOf(catalog, month, 'payments'))
      .filter((partition) => partition !== null);

  const names = (closing: Month) => {
    const newest = customers(closing);
    const stale = staleCustomers(closing);
    return {
      sources: [newest, stale],
      parameters: {
        customers_month: monthOf(newest),
        customers_version: versionOf(newest),
        stale_version: versionOf(stale),
      },
    };
  };

  /** The month of the newest export of the CRM not later than a month: it replaces those before it. */
  const exportMonth = (month: Month): Month | undefined => monthsWith(catalog, 'opportunities', month).at(-1);

  /** The invoices and opportunities behind the movements of a window, as its lines and the CRM's export name them. */
  const evidence = (accounts: DerivedTable, window: WindowName) => {
    const closing = accounts.month;
    const opening = openingMonthOf(closing, window);
    const family = families(closing);
    const failed = payments(closing).filter(({ month }) => month > opening);
    const shared = {
      closing_month: text(closing),
      version: text(accounts.target.version),
      families_month: monthOf(family),
      families_version: versionOf(family),
    };
    const told = asTable(
      'movement_evidence',
      derive(
        'movement-evidence',
        closing,
        {
          ...shared,
          opening_month: text(opening),
          opening_lines: versionOf(lines(opening)),
          closing_lines: versionOf(lines(closing)),
          payment_months: list(failed.map(({ month }) => month)),
          payment_versions: list(failed.map(({ version }) => version)),
        },
        [accounts, lines(opening), lines(closing), family, ...failed],
      ),
    );
    const ids = asTable(
      'movement_ids',
      derive('movement-ids', closing, { closing_month: text(closing), evidence_version: versionOf(told) }, [told]),
    );
    const exported = exportMonth(closing);
    if (exported === undefined) return { ids, opportunities: null };
    const known = partitionOf(catalog, exported, 'opportunities');
    const opportunities = asTable(
      'movement_opportunities',
      derive(
        'movement-opportunities',
        closing,
        {
          ...shared,
          ids_version: versionOf(ids),
          opportunities_month: monthOf(known),
          opportunities_version: versionOf(known),
          opening_day: digits(lastDayNumberOf(opening)),
          closing_day: digits(lastDayNumberOf(closing)),
          tolerance_days: digits(config.crm.toleranceDays),
        },
        [accounts, ids, known, family],
      ),
    );
    return { ids, opportunities };
  };

  /** Parameters that say where the evidence of a window is; without an export the ids of the lines have to do. */
  const evidenceParameters = ({ ids, opportunities }: ReturnType<typeof evidence>) => ({
    ids_version: versionOf(ids),
    ids_that_suffice: versionOf(opportunities === null ? ids : null),
    opportunities_version: versionOf(opportunities),
  });

  return {
    candidates,
    dimensions,
    /** Whether a month's report has an export of the CRM. */
    hasOpportunities: (month: Month): boolean => exportMonth(month) !== undefined,
    ratesOf,
    paymentMonths,

    cells: (accounts: DerivedTable): Derived =>
      derive(
        'cells',
        accounts.month,
        { closing_month: text(accounts.month), version: text(accounts.target.version), decimals },
        [accounts],
      ),

    windowAccounts,

    topMovers: (accounts: DerivedTable, window: WindowName): Derived => {
      const found = evidence(accounts, window);
      const { ids_that_suffice: _, ...where } = evidenceParameters(found);
      const { sources, parameters } = names(accounts.month);
      return derive(
        'top-movers',
        accounts.month,
        {
          closing_month: text(accounts.month),
          version: text(accounts.target.version),
          decimals,
          ...parameters,
          ...where,
        },
        [accounts, found.ids, found.opportunities, ...sources],
      );
    },

    /** `shown` are the dimensions of the ledger, among those of its month. */
    movements: (accounts: DerivedTable, window: WindowName, shown: readonly string[]): Derived => {
      const closing = accounts.month;
      const found = evidence(accounts, window);
      const { sources, parameters } = names(closing);
      const slots = shown.map((name) => `dimension_${dimensions(closing).indexOf(name) + 1}`);
      return derive(
        'movements',
        closing,
        {
          closing_month: text(closing),
          version: text(accounts.target.version),
          ...parameters,
          ...evidenceParameters(found),
          window: text(window),
          decimals,
          dimension_slots: columns(slots),
          dimension_columns: columns(slots.map((slot) => `moved.${slot}`)),
        },
        [accounts, found.ids, found.opportunities, ...sources],
      );
    },

    /** How much of what moved in a window is traced to an invoice and to an opportunity. */
    traced: (accounts: DerivedTable, window: WindowName): Derived => {
      const found = evidence(accounts, window);
      return derive(
        'traced',
        accounts.month,
        {
          closing_month: text(accounts.month),
          version: text(accounts.target.version),
          ...evidenceParameters(found),
          decimals,
        },
        [accounts, found.ids, found.opportunities],
      );
    },

    /** The book of `month` at its own rates, with accounts as `mapMonth` has them. */
    bookTotal: (month: Month, mapMonth: Month): Derived => {
      const family = families(mapMonth);
      const rates = currenciesOf(month).map((currency) => [currency, ratesOf(month).get(currency) ?? null]);
      return derive(
        'book-total',
        month,
        {
          month: text(month),
          book_version: versionOf(book(month)),
          families_month: monthOf(family),
          families_version: versionOf(family),
          rates: rows(rates),
          decimals,
        },
        [book(month), family],
      );
    },

    failedPayments: (closing: Month): Derived => {
      const files = payments(closing);
      return derive(
        'failed-payments',
        closing,
        {
          payment_months: list(files.map(({ month }) => month)),
          payment_versions: list(files.map(({ version }) => version)),
        },
        files,
      );
    },

    unknownCustomers: (closing: Month): Derived => {
      const { sources, parameters } = names(closing);
      return derive(
        'unknown-customers',
        closing,
        { month: text(closing), lines_version: versionOf(lines(closing)), ...parameters },
        [lines(closing), ...sources],
      );
    },

    /** Reasons of cancellations dated in the year up to a month that no cause is known for. */
    unknownReasons: (closing: Month): Derived => {
      const inside = monthsInside(openingMonthOf(closing, 'ttm'), closing);
      const files = cancellationsOf(inside);
      return derive(
        'unknown-reasons',
        closing,
        {
          ended_months: list(inside),
          cancellation_months: list(files.map(({ month }) => month)),
          cancellation_versions: list(files.map(({ version }) => version)),
          reasons: rows(reasonCauses(config)),
        },
        files,
      );
    },

    /** Accounts of the book without a segment, dimension by dimension in the order of `dimensions`. */
    accountsWithoutSegments: (closing: Month): Derived => {
      const [newest, stale, family] = [customers(closing), staleCustomers(closing), families(closing)];
      return derive(
        'accounts-without-segments',
        closing,
        {
          month: text(closing),
          book_version: versionOf(book(closing)),
          families_month: monthOf(family),
          families_version: versionOf(family),
          customers_month: monthOf(newest),
          customers_version: versionOf(newest),
          stale_version: versionOf(stale),
          ...slotsOf(dimensions(closing)),
        },
        [book(closing), family, newest, stale],
      );
    },
  };
};

export type Lineage = ReturnType<typeof lineageOf>;
