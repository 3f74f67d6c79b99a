/** Mistakes in tracing, planted one at a time: each must make the report differ from the second computation. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { queryNames, queryText } from '../../functions/queries/sql.ts';
import { type Book, bookOf, type Fields } from '../figures/book.ts';
import { type Home, withHome } from '../figures/measure-book.ts';
import { comparableEvidence, evidenceOf } from './reference.ts';

const planted = vi.hoisted<{ query: ((text: string) => string) | null }>(() => ({ query: null }));

vi.mock('../../functions/queries/sql.ts', async (original) => {
  const real = await original<typeof import('../../functions/queries/sql.ts')>();
  const text: typeof real.queryText = (name) => planted.query?.(real.queryText(name)) ?? real.queryText(name);
  return { ...real, queryText: text };
});

const toleranceDays = 10;

const won = (opportunity_id: string, account_id: string, close_date: string, is_won = 'true'): Fields => ({
  opportunity_id,
  account_id,
  close_date,
  type: `type_${opportunity_id}`,
  owner: `owner_${opportunity_id}`,
  is_won,
});

/** Of October: ten days before its first is 2026-09-21, ten after its last 2026-11-10. */
const book: Book = (() => {
  const lines = bookOf({
    lines: `
      month    customer_id  item_id  mrr  invoice_id  opportunity_id
      2026-09  first        i        10   in-1        -
      2026-10  first        i        11   in-1        -
      2026-09  early        i        10   in-1        -
      2026-10  early        i        13   in-1        -
      2026-09  last         i        10   in-1        -
      2026-10  last         i        17   in-1        -
      2026-09  late         i        10   in-1        -
      2026-10  late         i        29   in-1        -
      2026-10  several      i        41   in-1        -
      2026-10  lost         i        67   in-1        -
      2026-09  gone         i        101  in-1        -
      2026-09  shrunk       i        300  in-1        o-shrunk
      2026-10  shrunk       i        133  in-1        o-shrunk
      2026-10  short        i        211  -           0061a00000abcdeAAM
      2026-10  strange      i        307  in-1        o-strange
      2026-10  child        i        401  in-1        -
      2026-10  bare         i        503  -           -
      2026-10  twice        i        10   in-1        o-shrunk
      2026-10  twice        j        10   in-2        o-shrunk;o-9`,
  });
  return {
    ...lines,
    '2026-10': {
      lines: [],
      ...lines['2026-10'],
      customers: [{ customer_id: 'child', account_id: 'parent' }],
      opportunities: [
        won('o-first', 'first', '2026-09-21'),
        won('o-early', 'early', '2026-09-20'),
        won('o-last', 'last', '2026-11-10'),
        won('o-late', 'late', '2026-11-11'),
        won('o-a', 'several', '2026-10-02'),
        won('o-b', 'several', '2026-10-03'),
        won('o-c', 'several', '2026-09-29'),
        won('o-lost', 'lost', '2026-10-10', 'false'),
        won('o-gone', 'gone', '2026-10-10'),
        won('o-shrunk', 'elsewhere', '2020-01-01'),
        won('0061a00000abcde', 'elsewhere', '2020-01-01'),
        won('o-child', 'child', '2026-10-10'),
        won('o-bare', 'bare', '2026-10-10'),
        won('o-near', 'twice', '2026-10-10'),
      ],
    },
  };
})();

let home: Home;
let takeDown: () => void;
let done: Promise<void>;

beforeAll(async () => {
  await new Promise<void>((ready) => {
    done = withHome(async (opened) => {
      home = opened;
      await home.write(book);
      ready();
      await new Promise<void>((resolve) => {
        takeDown = resolve;
      });
    });
  });
});
afterEach(() => {
  planted.query = null;
});
afterAll(async () => {
  takeDown();
  await done;
});

const measured = async () => comparableEvidence(await home.run('2026-10', { crm: { columns: {}, toleranceDays } }));

const wanted = evidenceOf(book, '2026-10', { toleranceDays });

it('comes out right where nothing is planted', async () => {
  expect(await measured()).toEqual(wanted);
});

describe('a mistake', () => {
  it.each([
    ['a day too many before the window', 'close_day > :opening_day -', 'close_day >= :opening_day -'],
    ['a day too few before the window', 'close_day > :opening_day -', 'close_day > 1 + :opening_day -'],
    ['a day too many after the window', 'close_day <= :closing_day +', 'close_day <= 1 + :closing_day +'],
    ['a day too few after the window', 'close_day <= :closing_day +', 'close_day < :closing_day +'],
    [
      'an invoice or an opportunity for both',
      'WHERE by_invoice AND by_opportunity',
      'WHERE by_invoice OR by_opportunity',
    ],
    [
      'losses set off against gains',
      'abs(closing_mrr - opening_mrr) AS moved_mrr',
      'closing_mrr - opening_mrr AS moved_mrr',
    ],
    ['a lost opportunity', ':opportunities_version AND opportunities.won', ':opportunities_version'],
    ['churn explained by a sale', "NOT IN ('none', 'churn')", "NOT IN ('none')"],
    ['an id that the export does not know', 'version = :ids_that_suffice', "(version = :ids_that_suffice OR '' = '')"],
    ['all that are near, not the nearest', 'AND nearest.days_off = near.days_off', ''],
    ['what is near beside what the lines name', 'AND known.account_id IS NULL', ''],
    [
      'a customer apart from its account',
      'coalesce(family.account_id, opportunities.customer_id, opportunities.account_id)',
      'coalesce(opportunities.customer_id, opportunities.account_id)',
    ],
    [
      'ids of Salesforce by all their letters',
      'THEN substr(named_id.opportunity_id, 1, 15)',
      'THEN named_id.opportunity_id',
    ],
    ['an id twice', 'SELECT DISTINCT movement_ids.account_id, single', 'SELECT movement_ids.account_id, single'],
    [
      'types in another order than ids',
      'array_agg(linked.opportunity_type ORDER BY linked.opportunity_id)',
      'array_agg(linked.opportunity_type ORDER BY linked.opportunity_id DESC)',
    ],
  ])('%s is noticed', async (_, find, plant) => {
    expect(queryNames.flatMap((name) => queryText(name).split(find).slice(1))).toHaveLength(1);
    planted.query = (text) => text.replace(find, () => plant);
    expect(await measured()).not.toEqual(wanted);
  });
});
