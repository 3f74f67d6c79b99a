/** The ledger names the invoices and opportunities of the lines that changed, and of no others. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLedger } from '../../functions/adapters/duckdb-ledger.ts';
import { type Folder, openFolder } from './folder.ts';

const header = 'customer_id,subscription_id,item_id,product,currency,mrr,status,invoice_id,opportunity_id';
const linesOf = (lines: string): string => `${header}\n${lines.trim().replaceAll(/ +/g, '')}\n`;

// Old and new invoices tell from which end an id came.
const september = linesOf(`
grower,    s1, seats,   platform, USD, 100, active,   old-1, opp-old
grower,    s1, support, support,  USD,  50, active,   old-1, opp-old
swapper,   s2, i,       basic,    USD,  80, active,   old-2,
shrinker,  s3, a,       platform, USD,  70, active,   old-3a, opp-3
shrinker,  s3, b,       addon,    USD,  30, active,   old-3b, opp-4
leaver,    s4, i,       platform, USD,  60, active,   old-4,
failed,    s5, i,       platform, USD,  40, past_due, old-5,
steady,    s6, i,       platform, USD,  10, active,   old-6,
daughter1, s7, i,       platform, USD,  20, active,   old-7,
daughter2, s8, i,       platform, USD,  20, active,   old-8,`);
const october = linesOf(`
grower,    s1, seats,   platform, USD, 150, active,   new-1, opp-new
grower,    s1, support, support,  USD,  50, active,   new-1b, opp-old
swapper,   s2, i,       pro,      USD,  90, active,   new-2, opp-2
shrinker,  s3, a,       platform, USD,  70, active,   new-3a, opp-3
leaver,    s4, i,       platform, USD,  60, canceled, new-4,
steady,    s6, i,       platform, USD,  10, active,   new-6,
daughter1, s7, i,       platform, USD,  25, active,   new-7, opp-7
daughter2, s8, i,       platform, USD,  35, active,   new-8, opp-8
joiner,    s9, z,       platform, USD,   5, active,   new-9b, opp-9
joiner,    s9, y,       platform, USD,   5, active,   new-9a, opp-9
halves,    s10, a,      platform, USD,   5, active,   new-10,
halves,    s10, b,      platform, USD,   5, active,   , opp-10
nameless,  s11, i,      platform, USD,   5, active,   ,`);

let folder: Folder;
const ledger = new Map<string, { movement: string; invoices: string; opportunities: string }>();

beforeAll(async () => {
  const family = 'customer_id,account_id\ndaughter1,mother\ndaughter2,mother\n';
  folder = await openFolder({
    '2026-09/lines.csv': september,
    '2026-10/lines.csv': october,
    '2026-10/customers.csv': family,
    '2026-10/cancellations.csv':
      'customer_id,ended_on,reason\nfailed,2026-10-20,payment_failed\nleaver,2026-10-09,unused\n',
    '2026-10/payments.csv':
      'customer_id,invoice_id,failed_on,amount,currency,state,resolved_on\n' +
      'failed,unpaid-5,2026-10-01,40,USD,exhausted,2026-10-20\n' +
      'failed,paid-5,2026-10-01,40,USD,recovered,2026-10-02\n' +
      'leaver,unpaid-4,2026-10-01,60,USD,exhausted,2026-10-08\n',
  });
  await folder.run({ email: false });
  const path = join(folder.home, 'archive/month=2026-10/revision=1/movements.csv');
  const page = await readLedger(path, { window: 'month', account: null, segments: new Map(), limit: null });
  for (const row of page.rows)
    ledger.set(row.account_id ?? '', {
      movement: row.movement ?? '',
      invoices: row.invoice_ids ?? '',
      opportunities: row.opportunity_ids ?? '',
    });
});
afterAll(() => folder.dispose());

test.each([
  ['grower', 'expansion', 'new-1', 'opp-new', 'the line that grew, not the one that stayed'],
  ['swapper', 'expansion', 'new-2', 'opp-2', 'what a swapped plan became'],
  ['shrinker', 'contraction', 'old-3b', 'opp-4', 'what a dropped item was'],
  ['leaver', 'churn', 'old-4', '', 'what a customer who decided to leave last paid'],
  ['failed', 'churn', 'old-5;unpaid-5', '', 'the invoice that was never paid beside the last one'],
  ['mother', 'expansion', 'new-7;new-8', 'opp-7;opp-8', 'every customer of the account'],
  ['joiner', 'new', 'new-9a;new-9b', 'opp-9', 'each id once, in order'],
  ['halves', 'new', 'new-10', 'opp-10', 'an invoice of one line, an opportunity of another'],
  ['nameless', 'new', '', '', 'nothing where the lines name nothing'],
])('%s: %s by %s', (account, movement, invoices, opportunities) => {
  expect(ledger.get(account)).toEqual({ movement, invoices, opportunities });
});

test('who did not move is not in the ledger', () => {
  expect([...ledger.keys()].sort()).toEqual([
    'failed',
    'grower',
    'halves',
    'joiner',
    'leaver',
    'mother',
    'nameless',
    'shrinker',
    'swapper',
  ]);
});
