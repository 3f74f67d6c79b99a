/** Evidence a second time: from the definitions, movement by movement, in plain loops. It shares no code with the product. */
import { Decimal } from 'decimal.js';
import type { Book, Fields } from '../figures/book.ts';
import type { Measured } from '../figures/measure-book.ts';
import { type ReferenceSettings, referenceOf } from '../figures/reference.ts';

const lengths = { month: 1, quarter: 3, ttm: 12 } as const;
type Window = keyof typeof lengths;

export type Evidence = {
  /** Window and account → ids, types, owners and how they were found, as the ledger has them. */
  readonly movements: ReadonlyMap<string, readonly string[]>;
  readonly windows: Readonly<Record<string, object>>;
};

const earlier = (month: string, by: number): string => {
  const months = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 - by;
  return `${Math.floor(months / 12)}-${`${(months % 12) + 1}`.padStart(2, '0')}`;
};

/** The date object of a day; the last day of a month for a month. */
const dateOf = (text: string): number =>
  text.length === 7
    ? new Date(Number(text.slice(0, 4)), Number(text.slice(5)), 0, 12).getTime()
    : new Date(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, Number(text.slice(8)), 12).getTime();

const daysBetween = (from: number, to: number): number => Math.round((to - from) / 86_400_000);

/** Salesforce's ids are one in both their lengths. */
const sameId = (a: string, b: string): boolean => {
  const short = (id: string) => (id.startsWith('006') && id.length === 18 ? id.slice(0, 15) : id);
  return short(a) === short(b);
};

const newest = (book: Book, table: 'customers' | 'opportunities', until: string): readonly Fields[] | null => {
  const months = Object.keys(book).filter((month) => month <= until && (book[month]?.[table]?.length ?? 0) > 0);
  const last = months.sort().at(-1);
  return last === undefined ? null : (book[last]?.[table] ?? null);
};

export const evidenceOf = (
  book: Book,
  closing: string,
  settings: ReferenceSettings & { readonly toleranceDays: number },
): Evidence => {
  const parents = new Map<string, string>();
  for (const { customer_id = '', account_id = '' } of newest(book, 'customers', closing) ?? [])
    if (account_id !== '') parents.set(customer_id, account_id);
  const accountOf = (customer: string) => parents.get(customer) ?? customer;
  const exported = newest(book, 'opportunities', closing);
  const won = (exported ?? []).filter(({ is_won }) => is_won === 'true');

  const counting = (month: string) =>
    new Map(
      (book[month]?.lines ?? [])
        .filter(({ status, mrr }) => (status === 'active' || status === 'past_due') && Number(mrr) > 0)
        .map((line) => [JSON.stringify([line.customer_id, line.subscription_id, line.item_id]), line]),
    );

  const figures = referenceOf(book, closing, settings);
  const movements = new Map<string, readonly string[]>();
  const sums: Record<string, { moved: Decimal; invoice: Decimal; opportunity: Decimal; both: Decimal }> = {};

  for (const row of figures.ledger) {
    const window = row.window as Window;
    const account = row.account_id ?? '';
    const opening = earlier(closing, lengths[window]);
    const [before, after] = [counting(opening), counting(closing)];
    const invoices = new Set<string>();
    const ids = new Set<string>();
    const fields = new Set<string>();
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      const [was, is] = [before.get(key), after.get(key)];
      const line = is ?? was;
      if (line === undefined || accountOf(line.customer_id ?? '') !== account) continue;
      const stays =
        was !== undefined &&
        is !== undefined &&
        new Decimal(was.mrr ?? '').equals(is.mrr ?? '') &&
        was.product === is.product &&
        was.currency === is.currency;
      if (stays) continue;
      if (line.invoice_id) invoices.add(line.invoice_id);
      if (line.opportunity_id) fields.add(line.opportunity_id);
      for (const id of (line.opportunity_id ?? '').split(';')) if (id !== '') ids.add(id);
    }
    if (row.cause === 'involuntary')
      for (let back = lengths[window] - 1; back >= 0; back -= 1)
        for (const payment of book[earlier(closing, back)]?.payments ?? [])
          if (payment.state === 'exhausted' && accountOf(payment.customer_id ?? '') === account)
            invoices.add(payment.invoice_id ?? '');

    let joined = '';
    const linked = new Map<string, Fields | null>([...ids].map((id) => [id, null]));
    if (exported === null) joined = ids.size > 0 ? 'id' : '';
    else {
      for (const id of ids) linked.set(id, won.find(({ opportunity_id = '' }) => sameId(opportunity_id, id)) ?? null);
      if ([...linked.values()].some((found) => found !== null)) joined = 'id';
      else if (row.movement !== 'churn') {
        const distance = ({ close_date = '' }: Fields): number => {
          if (close_date === '') return Number.POSITIVE_INFINITY;
          const day = dateOf(close_date);
          const fromOpening = daysBetween(dateOf(opening), day);
          if (fromOpening <= 0) return 1 - fromOpening;
          return Math.max(0, daysBetween(dateOf(closing), day));
        };
        const own = won.filter(({ account_id = '' }) => accountOf(account_id) === account);
        const least = Math.min(...own.map(distance), Number.POSITIVE_INFINITY);
        if (least <= settings.toleranceDays) {
          joined = 'account_and_date';
          for (const opportunity of own.filter((each) => distance(each) === least))
            linked.set(opportunity.opportunity_id ?? '', opportunity);
        }
      }
    }
    const sorted = [...linked].sort(([a], [b]) => (a < b ? -1 : 1));
    const told = joined !== '' && exported !== null;
    movements.set(`${window} ${account}`, [
      [...invoices].sort().join(';'),
      // Where nothing was looked up, what the lines say stands as they say it.
      told ? sorted.map(([id]) => id).join(';') : [...fields].sort().join(';'),
      told ? sorted.map(([, found]) => found?.type ?? '').join(';') : '',
      told ? sorted.map(([, found]) => found?.owner ?? '').join(';') : '',
      joined,
    ]);

    const zero = new Decimal(0);
    const sum = sums[window] ?? { moved: zero, invoice: zero, opportunity: zero, both: zero };
    sums[window] = sum;
    const moved = new Decimal(row.delta_mrr ?? '').abs();
    sum.moved = sum.moved.plus(moved);
    if (invoices.size > 0) sum.invoice = sum.invoice.plus(moved);
    if (joined !== '') sum.opportunity = sum.opportunity.plus(moved);
    if (invoices.size > 0 && joined !== '') sum.both = sum.both.plus(moved);
  }

  const decimals = { JPY: 0, KWD: 3 }[settings.reportingCurrency ?? 'USD'] ?? 2;
  const connected = exported !== null || Object.values(sums).some(({ opportunity }) => !opportunity.isZero());
  const windows = Object.fromEntries(
    Object.entries(figures.windows).flatMap(([window, found]) => {
      if (found === null) return [];
      const { moved, invoice, opportunity, both } = sums[window] ?? {
        moved: new Decimal(0),
        invoice: new Decimal(0),
        opportunity: new Decimal(0),
        both: new Decimal(0),
      };
      const share = both.div(moved).toDecimalPlaces(6, Decimal.ROUND_HALF_UP).toFixed(6);
      const text = (amount: Decimal) => amount.toFixed(decimals);
      return [
        [
          window,
          {
            traced: {
              movedMrr: text(moved),
              byInvoiceMrr: text(invoice),
              byOpportunityMrr: text(opportunity),
              tracedMrr: text(both),
            },
            tracedShare: connected && !moved.isZero() ? share : null,
          },
        ],
      ];
    }),
  );
  return { movements, windows };
};

/** The part of a run that it speaks of, in its form. */
export const comparableEvidence = ({ report, ledger }: Measured): Evidence => ({
  movements: new Map(
    ledger.map((row) => [
      `${row.window} ${row.account_id}`,
      ['invoice_ids', 'opportunity_ids', 'opportunity_types', 'opportunity_owners', 'opportunity_joined_by'].map(
        (name) => row[name] ?? '',
      ),
    ]),
  ),
  windows: Object.fromEntries(
    Object.entries(report.windows).flatMap(([window, found]) =>
      found === null ? [] : [[window, { traced: found.traced, tracedShare: found.tracedShare }]],
    ),
  ),
});
