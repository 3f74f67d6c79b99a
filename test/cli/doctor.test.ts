/** The doctor as a user meets it: what is printed, its exit codes, and nothing on the terminal that came from outside raw. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bookFiles, corrected, writeFiles } from '../pipeline/book.ts';
import { treeOf } from '../pipeline/folder.ts';
import { apiKey, type StripeServer, startStripe } from '../servers/stripe.ts';
import { accountAt } from '../sources/stripe/book.ts';
import { at } from '../sources/stripe/objects.ts';
import { retention } from './retention.ts';

const november = '2026-11-02T06:00:00Z';
const book = bookFiles('2026-09');

let root: string;
let server: StripeServer;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'doctor-'));
  server = await startStripe(accountAt(november));
  server.date = new Date(november).toUTCString();
});
afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const doctor = (source: string, { key = apiKey, args = [] }: { key?: string; args?: readonly string[] } = {}) =>
  retention(['doctor', '--source', source, ...args], {
    cwd: root,
    environment: {
      SOURCE_DATE_EPOCH: `${at(november)}`,
      RETENTION_STRIPE_URL: server.url,
      ...(key === '' ? {} : { STRIPE_API_KEY: key }),
    },
  });

test('0: an account, in lines of what is well, what is not and what puts it right; nothing is written', async () => {
  const { status, stdout, stderr } = await doctor('stripe:');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^The account behind stripe:, at 2026-10$/m);
  expect(stdout).toMatch(/^ok {4}read Customers {6}may be read$/m);
  expect(stdout).toMatch(/^warn {2}rates {15}no rate into USD/m);
  expect(stdout).toMatch(/^ +→ Write the rates of the month’s end/m);
  expect(stdout).toMatch(
    /^ +\.retention\/inbox\/stripe\/2026-10\/fx\.csv, a new file:\n +currency,rate\n +EUR,<USD for 1 EUR>$/m,
  );
  expect(stdout).toMatch(/^0 failed, 3 warned, 11 are well\.$/m);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  expect(await treeOf(root)).toEqual({});
});

test('an export of invoice lines, at the newest month that it can tell; nothing is written', async () => {
  const lines = 'customer_id,invoice_id,product,currency,amount,period_start,period_end\n';
  const row = (month: number) => `acme,in_${month},core,USD,10.00,2026-0${month}-01,2026-0${month + 1}-01\n`;
  const files = {
    'exports/invoice_lines.csv': lines + row(6) + row(7) + row(8),
    'exports/2026-08/fx.csv': 'currency,rate\n',
  };
  await writeFiles(root, files);
  const { status, stdout } = await doctor('invoices:exports');
  expect(stdout).toMatch(/^The folder, at 2026-07$/m);
  expect(stdout).toMatch(/^ok {4}control totals {2}2 of 2 months have them, and they agree with the lines$/m);
  expect(status).toBe(0);
  expect(Object.keys(await treeOf(root)).sort()).toEqual(Object.keys(files).sort());
  const beyond = await doctor('invoices:exports', { args: ['--month', '2026-08'] });
  expect(beyond).toMatchObject({ status: 2, stderr: expect.stringContaining('add ?until=2026-08 to the source') });
});

test('2: no key; 4: a key that Stripe does not know, told to machines as well, and repeated to nobody', async () => {
  expect((await doctor('stripe:', { key: '' })).status).toBe(2);
  const { status, stdout, stderr } = await doctor('stripe:', { key: 'rk_live_stranger', args: ['--json'] });
  expect({ status, stderr }).toEqual({ status: 4, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({
    source: 'stripe',
    month: '2026-10',
    checks: [{ name: 'key', outcome: 'fail', kind: 'dependency', paste: [] }, { name: 'pulled' }],
  });
  expect(stdout).not.toContain('stranger');
});

test('3: a folder that a gate would block; 2: an address or a folder that is none', async () => {
  await writeFiles(join(root, 'billing'), corrected(book, '2026-09/lines.csv', '200.00', '1,5'));
  const { status, stdout, stderr } = await doctor('billing', { args: ['--month', '2026-10'] });
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
  expect(stdout).toMatch(/^fail {2}files +BAD_ROW: 2026-09\/lines\.csv, line 5/m);
  expect(await doctor('stripe:?colour=blue')).toMatchObject({ status: 2, stdout: '' });
  expect(await doctor('nowhere')).toMatchObject({ status: 2, stdout: '' });
});

test('an export of invoice lines is looked over as the months that it makes, and its rates belong beside it', async () => {
  const line = 'in_1,cus_1,sub_1,item_1,core,EUR,100.00,2026-09-01,2026-10-01,paid,2026-09-01\n';
  const header =
    'invoice_id,customer_id,subscription_id,item_id,product,currency,amount,period_start,period_end,status,issued_on\n';
  await writeFiles(join(root, 'exports'), { 'invoice_lines.csv': `${header}${line}` });
  const { status, stdout } = await doctor('invoices:exports?until=2026-09');
  expect(status).toBe(3);
  expect(stdout).toMatch(/^ +exports\/2026-09\/fx\.csv, a new file:$/m);
  expect((await treeOf(root))['exports/invoice_lines.csv']).toBeDefined();
  expect(Object.keys(await treeOf(root))).toHaveLength(1);
});

test('what came from outside does not steer the terminal', async () => {
  const evil = '\u001b]0;owned\u0007\u001b[2J\u202e';
  await writeFiles(join(root, 'billing'), {
    ...book,
    '2026-09/customers.csv': (book['2026-09/customers.csv'] ?? '').replace(',region', `,"${evil}region"`),
    '2026-10/cancellations.csv': `customer_id,ended_on,reason\nelm,2026-10-12,"${evil}gone"\n`,
  });
  await writeFile(join(root, 'billing/2026-10', `${evil.replaceAll('/', '')}.txt`), '');
  for (const args of [[], ['--json']]) {
    const { status, stdout, stderr } = await doctor('billing', { args });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('gone');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  }
});

describe('3: an export of invoice lines that no month can be made of is told by its places, not by what stands there', () => {
  const header = 'customer_id,invoice_id,product,currency,amount,period_start,period_end\n';

  test.each<[string, string, RegExp]>([
    [
      'a row that cannot be read',
      'Secret Customer Ltd,in_secret,core,USD,1 000 secret,2026-09-01,2026-10-01\n',
      /^fail {2}files {2}BAD_ROW: invoice_lines\.csv, line 2, amount: /m,
    ],
    [
      'a subscription below zero',
      'Secret Customer Ltd,in_secret,core,USD,-5.00,2026-09-01,2026-10-01\n',
      /^fail {2}files {2}NEGATIVE_MRR: 1 subscription of the invoice lines below zero at the end of 2026-09$/m,
    ],
  ])('%s', async (_, row, told) => {
    await writeFiles(join(root, 'exports'), { 'invoice_lines.csv': header + row });
    for (const args of [[], ['--json'], ['--month', '2026-09']]) {
      const { status, stdout, stderr } = await doctor('invoices:exports?until=2026-09', { args });
      expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
      if (args[0] === '--json')
        expect(JSON.parse(stdout)).toMatchObject({ month: null, checks: [{ kind: 'blocked' }] });
      else expect(stdout).toMatch(told);
      if (args.length === 0) expect(stdout).toMatch(/^The folder$/m);
      expect(stdout).not.toMatch(/secret/i);
    }
  });
});
