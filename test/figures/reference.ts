/** The figures of a book a second time: from the definitions, account by account, in plain loops. It shares no code with the product. */
import { Decimal } from 'decimal.js';
import type { Bridge, FailedPayments, Retention, SegmentRow, TrendPoint } from '../../functions/core/report.ts';
import type { Book, Fields } from './book.ts';

const Money = Decimal.clone({ precision: 80, rounding: Decimal.ROUND_HALF_UP });
type Money = Decimal;

export type ReferenceSettings = {
  readonly reportingCurrency?: string;
  readonly dimensions?: readonly string[];
  readonly acvBands?: readonly { readonly name: string; readonly from: string }[];
};

type Window = 'month' | 'quarter' | 'ttm';
const lengths = { month: 1, quarter: 3, ttm: 12 } as const;
const windows: readonly Window[] = ['month', 'quarter', 'ttm'];

export type ReferenceFigures = {
  readonly windows: Readonly<
    Record<Window, { openingMonth: string; total: Retention; bridge: Bridge; failedPayments: FailedPayments } | null>
  >;
  readonly segments: readonly SegmentRow[];
  readonly trend: readonly TrendPoint[];
  readonly ledger: readonly Fields[];
};

const earlier = (month: string, by: number): string => {
  let year = Number(month.slice(0, 4));
  let of = Number(month.slice(5, 7)) - by;
  while (of < 1) {
    of += 12;
    year -= 1;
  }
  return `${year}-${of < 10 ? '0' : ''}${of}`;
};

const decimalsOf = (currency: string) => ({ JPY: 0, KWD: 3 })[currency] ?? 2;

/** Reasons that the books of these tests use; any other is unknown. */
const causes: Readonly<Record<string, 'voluntary' | 'involuntary'>> = {
  payment_failed: 'involuntary',
  'Card expired': 'involuntary',
  not_paid: 'involuntary',
  too_expensive: 'voluntary',
  'Switched to competitor': 'voluntary',
};

const usualBands = [
  { name: 'SMB', from: '0' },
  { name: 'Mid-market', from: '10000' },
  { name: 'Enterprise', from: '100000' },
];

/** NDR in percent from which a band of a year is average, strong, elite. */
const benchmarks: Readonly<Record<string, readonly number[]>> = {
  SMB: [85, 95, 105],
  'Mid-market': [95, 105, 115],
  Enterprise: [100, 110, 125],
};

const bandOf = (opening: Money, { acvBands = usualBands }: ReferenceSettings) => {
  let reached = '';
  for (const { name, from } of acvBands) if (opening.times(12).greaterThanOrEqualTo(from)) reached = name;
  return reached;
};

/** The newest of the months up to `until` whose snapshot has the table. */
const newestWith = (book: Book, table: 'customers' | 'fx', until: string): readonly Fields[] => {
  let newest = '';
  for (const month of Object.keys(book))
    if (month <= until && month > newest && (book[month]?.[table]?.length ?? 0) > 0) newest = month;
  return book[newest]?.[table] ?? [];
};

const counts = (line: Fields) =>
  (line.status === 'active' || line.status === 'past_due') && new Money(line.mrr ?? '').greaterThan(0);

const linesOf = (book: Book, month: string): readonly Fields[] => book[month]?.lines ?? [];

const accountsAt = (book: Book, closing: string) => {
  const map = new Map<string, string>();
  for (const { customer_id = '', account_id } of newestWith(book, 'customers', closing))
    if (account_id) map.set(customer_id, account_id);
  return ({ customer_id = '' }: Fields) => map.get(customer_id) ?? customer_id;
};

const ratesAt = (book: Book, month: string, reportingCurrency: string): ReadonlyMap<string, string> => {
  const rates = new Map<string, string>();
  for (const { currency = '', rate = '' } of newestWith(book, 'fx', month)) rates.set(currency, rate);
  return rates.set(reportingCurrency, '1');
};

/** The amount of every account in one snapshot at the rates of a month, rounded once a product. */
const amountsOf = (
  book: Book,
  month: string,
  rateMonth: string,
  currency: string,
  accountOf: (row: Fields) => string,
): Map<string, Money> => {
  const rates = ratesAt(book, rateMonth, currency);
  const products = new Map<string, Map<string, Money>>();
  for (const line of linesOf(book, month)) {
    if (!counts(line)) continue;
    const account = accountOf(line);
    const own = products.get(account) ?? new Map<string, Money>();
    products.set(account, own);
    const product = line.product ?? '';
    const converted = new Money(line.mrr ?? '').times(rates.get(line.currency ?? '') ?? 'no rate');
    own.set(product, (own.get(product) ?? new Money(0)).plus(converted));
  }
  const amounts = new Map<string, Money>();
  for (const [account, own] of products) {
    let amount = new Money(0);
    for (const sum of own.values()) amount = amount.plus(sum.toDecimalPlaces(decimalsOf(currency)));
    amounts.set(account, amount);
  }
  return amounts;
};

type Account = {
  readonly id: string;
  readonly name: string;
  readonly o: Money;
  readonly c: Money;
  /** Closing at the rates of the closing month. */
  readonly atClosing: Money;
  readonly movement: string;
  readonly cause: string;
  readonly reason: string;
  readonly segments: ReadonlyMap<string, string>;
};

/** The latest cancellation of an account inside a window, from any file that was read. */
const cancellationOf = (book: Book, id: string, accountOf: (row: Fields) => string, after: string, until: string) => {
  const rank = (reason: string) => ['involuntary', 'voluntary', undefined].indexOf(causes[reason]);
  let latest: { on: string; reason: string } | null = null;
  for (const { cancellations = [] } of Object.values(book))
    for (const row of cancellations) {
      const { ended_on: on = '', reason = '' } = row;
      if (accountOf(row) !== id || on.slice(0, 7) <= after || on.slice(0, 7) > until) continue;
      const order = latest === null ? 1 : on.localeCompare(latest.on) || rank(latest.reason) - rank(reason);
      if (latest === null || order > 0 || (order === 0 && reason < latest.reason)) latest = { on, reason };
    }
  return latest;
};

/** The newest row of a customer in any customers file up to a month. */
const rowOf = (book: Book, id: string, until: string): Fields => {
  for (const month of Object.keys(book).sort().reverse()) {
    const found = month <= until ? book[month]?.customers?.find(({ customer_id }) => customer_id === id) : undefined;
    if (found !== undefined) return found;
  }
  return {};
};

const dimensionsOf = (book: Book, closing: string, settings: ReferenceSettings): readonly string[] => {
  if (settings.dimensions !== undefined) return settings.dimensions;
  const columns = new Set(newestWith(book, 'customers', closing).flatMap((row) => Object.keys(row)));
  return [...columns].filter((name) => !['customer_id', 'name', 'account_id'].includes(name)).sort();
};

const accountsOf = (book: Book, opening: string, closing: string, settings: ReferenceSettings): Account[] => {
  const currency = settings.reportingCurrency ?? 'USD';
  const accountOf = accountsAt(book, closing);
  const os = amountsOf(book, opening, opening, currency, accountOf);
  const cs = amountsOf(book, closing, opening, currency, accountOf);
  const ccs = amountsOf(book, closing, closing, currency, accountOf);
  const nothing = new Money(0);
  return [...new Set([...os.keys(), ...cs.keys()])].map((id) => {
    const [o, c] = [os.get(id) ?? nothing, cs.get(id) ?? nothing];
    const own = (month: string) => linesOf(book, month).filter((line) => accountOf(line) === id);
    const seen = Object.keys(book)
      .filter((month) => month <= closing && own(month).some(counts))
      .sort();
    let movement = '';
    if (o.isZero() && !c.isZero()) movement = (seen[0] ?? '') < opening ? 'reactivation' : 'new';
    else if (c.isZero() && !o.isZero()) movement = 'churn';
    else if (c.greaterThan(o)) movement = 'expansion';
    else if (c.lessThan(o)) movement = 'contraction';
    const cancellation = movement === 'churn' ? cancellationOf(book, id, accountOf, opening, closing) : null;
    const paused = own(closing).some(({ status }) => status === 'paused');
    const mapped = cancellation === null ? undefined : causes[cancellation.reason];
    const cause = movement !== 'churn' ? '' : paused ? 'paused' : (mapped ?? 'unclassified');
    const frozen = rowOf(book, id, opening);
    return {
      id,
      name: rowOf(book, id, closing).name ?? '',
      o,
      c,
      atClosing: ccs.get(id) ?? nothing,
      movement,
      cause,
      reason: cancellation?.reason ?? '',
      segments: new Map([
        ...dimensionsOf(book, closing, settings).map((name) => [name, frozen[name] || '(none)'] as const),
        ['acv_band', bandOf(o, settings)] as const,
        ['cohort_year', (seen[0] ?? '').slice(0, 4)] as const,
      ]),
    };
  });
};

const totalOf = (accounts: readonly Account[], of: (account: Account) => Money): Money =>
  accounts.reduce((sum, account) => sum.plus(of(account)), new Money(0));

const ratio = (part: Money, base: Money) => (base.isZero() ? null : part.div(base).toDecimalPlaces(6).toFixed(6));

const retentionOf = (all: readonly Account[], decimals: number): Retention => {
  const cohort = all.filter(({ o }) => o.greaterThan(0));
  const opening = totalOf(cohort, ({ o }) => o);
  const closing = totalOf(cohort, ({ c }) => c);
  const retained = totalOf(cohort, ({ o, c }) => Money.min(o, c));
  const kept = cohort.filter(({ c }) => c.greaterThan(0));
  const churn = (cause?: string) =>
    totalOf(cohort, (account) =>
      account.c.isZero() && (cause === undefined || account.cause === cause) ? account.o : new Money(0),
    );
  const text = (amount: Money) => amount.toFixed(decimals);
  return {
    openingAccounts: cohort.length,
    closingAccounts: kept.length,
    openingMrr: text(opening),
    closingMrr: text(closing),
    retainedMrr: text(retained),
    expansionMrr: text(totalOf(cohort, ({ o, c }) => Money.max(c.minus(o), 0))),
    contractionMrr: text(totalOf(kept, ({ o, c }) => Money.max(o.minus(c), 0))),
    churnMrr: text(churn()),
    voluntaryChurnMrr: text(churn('voluntary')),
    involuntaryChurnMrr: text(churn('involuntary')),
    pausedChurnMrr: text(churn('paused')),
    unclassifiedChurnMrr: text(churn('unclassified')),
    ndr: ratio(closing, opening),
    grr: ratio(retained, opening),
    ndrExInvoluntary: ratio(closing.plus(churn('involuntary')), opening),
    logoRetention: ratio(new Money(kept.length), new Money(cohort.length)),
  };
};

const bridgeOf = (all: readonly Account[], decimals: number): Bridge => {
  const moved = (movement: string, cause = '') =>
    totalOf(
      all.filter((account) => account.movement === movement && account.cause === cause),
      ({ o, c }) => c.minus(o).abs(),
    ).toFixed(decimals);
  const fx = totalOf(all, ({ c, atClosing }) => atClosing.minus(c));
  return {
    opening: totalOf(all, ({ o }) => o).toFixed(decimals),
    new: moved('new'),
    reactivation: moved('reactivation'),
    expansion: moved('expansion'),
    contraction: moved('contraction'),
    voluntaryChurn: moved('churn', 'voluntary'),
    involuntaryChurn: moved('churn', 'involuntary'),
    pausedChurn: moved('churn', 'paused'),
    unclassifiedChurn: moved('churn', 'unclassified'),
    fx: fx.isZero() ? new Money(0).toFixed(decimals) : fx.toFixed(decimals),
    closing: totalOf(all, ({ atClosing }) => atClosing).toFixed(decimals),
  };
};

const benchmarkOf = (window: Window, dimension: string, segment: string, ndr: string | null) => {
  const bounds = dimension === 'acv_band' ? benchmarks[segment] : undefined;
  if (window !== 'ttm' || bounds === undefined || ndr === null) return null;
  const percent = new Money(ndr).times(100);
  const reached = bounds.filter((bound) => percent.greaterThanOrEqualTo(bound)).length;
  return (['weak', 'average', 'strong', 'elite'] as const)[reached] ?? null;
};

const segmentsOf = (window: Window, accounts: readonly Account[], decimals: number): SegmentRow[] => {
  const rows: SegmentRow[] = [];
  const cohort = accounts.filter(({ o }) => o.greaterThan(0));
  for (const dimension of new Set(cohort.flatMap(({ segments }) => [...segments.keys()])))
    for (const segment of new Set(cohort.map(({ segments }) => segments.get(dimension) ?? ''))) {
      const inside = cohort.filter(({ segments }) => segments.get(dimension) === segment);
      const figures = retentionOf(inside, decimals);
      const benchmark = benchmarkOf(window, dimension, segment, figures.ndr);
      rows.push({ window, dimension, segment, ...figures, lowSample: inside.length < 50, benchmark });
    }
  return rows;
};

const ledgerOf = (window: Window, accounts: readonly Account[], decimals: number): Fields[] =>
  accounts
    .filter(({ movement }) => movement !== '')
    .sort((a, b) => b.c.minus(b.o).abs().comparedTo(a.c.minus(a.o).abs()) || (a.id < b.id ? -1 : 1))
    .map(({ id, name, movement, cause, reason, o, c }) => ({
      window,
      account_id: id,
      account_name: name,
      movement,
      cause,
      reason,
      opening_mrr: o.toFixed(decimals),
      closing_mrr: c.toFixed(decimals),
      delta_mrr: c.minus(o).toFixed(decimals),
    }));

/** Failed payments: each invoice in the state of the newest file that names it, at the closing month's rates. */
const failedPaymentsOf = (
  book: Book,
  opening: string,
  closing: string,
  { reportingCurrency = 'USD' }: ReferenceSettings,
): FailedPayments => {
  const newest = new Map<string, Fields>();
  for (const month of Object.keys(book).sort())
    if (month > earlier(closing, 12))
      for (const row of book[month]?.payments ?? []) newest.set(`${row.customer_id} ${row.invoice_id}`, row);
  const rates = ratesAt(book, closing, reportingCurrency);
  const decimals = decimalsOf(reportingCurrency);
  const of = (state: string) => {
    const rows = [...newest.values()].filter((row) => {
      const on = (row.resolved_on || row.failed_on || '').slice(0, 7);
      return row.state === state && (state === 'in_grace' || (on > opening && on <= closing));
    });
    const amount = rows.reduce(
      (sum, row) => sum.plus(new Money(row.amount ?? '').times(rates.get(row.currency ?? '') ?? 'no rate')),
      new Money(0),
    );
    return { invoices: rows.length, amount: amount.toFixed(decimals) };
  };
  const [recovered, exhausted, inGrace] = [of('recovered'), of('exhausted'), of('in_grace')];
  return {
    recoveredInvoices: recovered.invoices,
    recoveredAmount: recovered.amount,
    exhaustedInvoices: exhausted.invoices,
    exhaustedAmount: exhausted.amount,
    inGraceInvoices: inGrace.invoices,
    inGraceAmount: inGrace.amount,
  };
};

/** Every figure of a month that the definitions speak of. Only months up to it are read. */
export const referenceOf = (whole: Book, closing: string, settings: ReferenceSettings = {}): ReferenceFigures => {
  const book: Book = Object.fromEntries(Object.entries(whole).filter(([month]) => month <= closing));
  const decimals = decimalsOf(settings.reportingCurrency ?? 'USD');
  const exists = (month: string) => linesOf(book, month).length > 0;
  const segments: SegmentRow[] = [];
  const ledger: Fields[] = [];
  const measure = (window: Window) => {
    const openingMonth = earlier(closing, lengths[window]);
    if (!exists(openingMonth)) return null;
    const accounts = accountsOf(book, openingMonth, closing, settings);
    segments.push(...segmentsOf(window, accounts, decimals));
    ledger.push(...ledgerOf(window, accounts, decimals));
    return {
      openingMonth,
      total: retentionOf(accounts, decimals),
      bridge: bridgeOf(accounts, decimals),
      failedPayments: failedPaymentsOf(book, openingMonth, closing, settings),
    };
  };
  const trend: TrendPoint[] = [];
  for (let back = 23; back >= 0; back -= 1)
    for (const window of windows) {
      const month = earlier(closing, back);
      const opening = earlier(month, lengths[window]);
      if (!exists(month) || !exists(opening)) continue;
      trend.push({ month, window, ...retentionOf(accountsOf(book, opening, month, settings), decimals) });
    }
  return {
    windows: { month: measure('month'), quarter: measure('quarter'), ttm: measure('ttm') },
    segments,
    trend,
    ledger,
  };
};
