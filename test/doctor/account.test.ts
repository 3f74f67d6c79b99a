/** An account looked over: what each fault of key, rights, clock, history and content is told as, and what is never told. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openExaminer, openSnapshots, openSource, withLocalWorld } from '../../functions/compose-local.ts';
import { parseConfig } from '../../functions/config-file.ts';
import { parseMonth } from '../../functions/core/month.ts';
import type { Check } from '../../functions/doctor/check.ts';
import { type Diagnosis, examineAccount } from '../../functions/doctor/doctor.ts';
import { inboxOf } from '../../functions/sources/billing/pull-month.ts';
import { invoicesAsked } from '../../functions/sources/billing/vendor.ts';
import { stripe as vendor } from '../../functions/sources/stripe/vendor.ts';
import { treeOf } from '../pipeline/folder.ts';
import { type Account, apiKey, type StripeObject, type StripeServer, startStripe } from '../servers/stripe.ts';
import { accountAt, rates } from '../sources/stripe/book.ts';
import { account as invoicedAccount } from '../sources/stripe/invoiced/book.ts';
import { at, item, price, subscription } from '../sources/stripe/objects.ts';

const november = '2026-11-02T06:00:00Z';
const httpDate = (instant: string) => new Date(instant).toUTCString();

let root: string;
let server: StripeServer;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'doctor-'));
  server = await startStripe(accountAt(november));
  server.date = httpDate(november);
});
afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

type Settings = {
  readonly address?: string;
  readonly month?: string;
  readonly now?: string;
  readonly key?: string;
  readonly config?: Readonly<Record<string, unknown>>;
};

const environmentOf = ({ now = november, key = apiKey }: Settings) => ({
  SOURCE_DATE_EPOCH: `${at(now)}`,
  STRIPE_API_KEY: key,
  RETENTION_STRIPE_URL: server.url,
});

const worldOf = (settings: Settings, dryRun: boolean) => ({
  home: join(root, 'home'),
  dryRun,
  environment: environmentOf(settings),
  progress: () => {},
  note: () => {},
});

const look = (settings: Settings = {}): Promise<Diagnosis> => {
  const { address = 'stripe:?parent=group', month, config = {} } = settings;
  return withLocalWorld(worldOf(settings, true), async (world) => {
    const inbox = join(root, 'home', inboxOf(invoicesAsked(vendor, address)?.name ?? vendor.name));
    const found = await openSnapshots(inbox, world.store).catch(() => null);
    return examineAccount({
      month: month === undefined ? null : parseMonth(month),
      config: parseConfig(config, 'test'),
      looked: world,
      ratesFile: (name) => `inbox/${name}/fx.csv`,
      vendor,
      address,
      open: () => openExaminer(vendor, address, environmentOf(settings)),
      inbox: found,
    });
  });
};

const pull = (settings: Settings = {}): Promise<unknown> => {
  const { address = 'stripe:?parent=group', month = '2026-10' } = settings;
  const options = worldOf(settings, false);
  const wanted = { address, months: [parseMonth(month)], timeZone: 'UTC', again: false };
  return withLocalWorld(options, (world) => openSource({ ...options, ...wanted }, world));
};

const withRates = async (): Promise<void> => {
  await mkdir(join(root, 'home/inbox/stripe/2026-08'), { recursive: true });
  await writeFile(join(root, 'home/inbox/stripe/2026-08/fx.csv'), rates);
};

const named = ({ checks }: Diagnosis, name: string): Check => {
  const found = checks.filter((check) => check.name === name);
  expect(found.map((check) => check.name)).toEqual([name]);
  return found[0]!;
};

const check = async (name: string, settings?: Settings) => named(await look(settings), name);

const outcomes = ({ checks }: Diagnosis) => checks.map(({ name, outcome }) => `${name}: ${outcome}`);

/** The account with other objects in some of its lists. */
const having = (changes: Partial<Account>): void => {
  server.account = { ...server.account, ...changes };
};

const customer = (id: string, metadata: Record<string, string>): StripeObject => ({
  id,
  created: at('2026-05-10T00:00:00Z'),
  name: 'Secret Customer Ltd',
  metadata,
});

const refuse = (part: string, status: number, message?: string) => {
  server.fault = (_, path) =>
    path === `/v1/${part}` ? { status, ...(message === undefined ? {} : { message }) } : null;
};

it('looks at the newest month that is over, asks little, only reads, and keeps nothing', async () => {
  await withRates();
  const before = await treeOf(join(root, 'home'));
  const diagnosis = await look();
  expect(diagnosis).toMatchObject({ source: 'stripe', month: '2026-10' });
  expect(outcomes(diagnosis)).toEqual([
    'key: warn',
    ...['Customers', 'Subscriptions', 'Invoices', 'Charges', 'Coupons', 'Prices', 'Events'].map(
      (name) => `read ${name}: ok`,
    ),
    'clock: ok',
    'history: ok',
    'rates: ok',
    'reasons: ok',
    'dimensions: ok',
    'pulled: ok',
  ]);
  expect(server.asked.length).toBeLessThan(25);
  expect(await treeOf(join(root, 'home'))).toEqual(before);
});

describe('the key', () => {
  it('that is not there', async () => {
    const diagnosis = await look({ key: '' });
    expect(named(diagnosis, 'key')).toMatchObject({
      outcome: 'fail',
      kind: 'usage',
      seen: expect.stringMatching(/^STRIPE_API_KEY is not set/),
    });
    expect(outcomes(diagnosis)).toEqual(['key: fail', 'pulled: ok']);
    expect(server.asked).toEqual([]);
  });

  it('that Stripe does not know ends the questions', async () => {
    const diagnosis = await look({ key: 'rk_live_of_somebody_else' });
    expect(named(diagnosis, 'key')).toMatchObject({ outcome: 'fail', kind: 'dependency' });
    expect(outcomes(diagnosis)).toEqual(['key: fail', 'pulled: ok']);
    expect(server.asked).toHaveLength(1);
    expect(JSON.stringify(diagnosis)).not.toContain('somebody_else');
  });

  it.each([
    ['rk_live_1', /^a restricted key, live mode$/, true, null],
    ['rk_test_1', /test mode: what it reads is a sandbox/, true, /live mode/],
    ['sk_live_1', /^a secret key, which may change everything; live mode$/, true, /restricted key/],
    ['sk_test_1', /secret key.*test mode/, true, /restricted key/],
    ['pk_live_1', /publishable key/, false, /restricted key/],
    ['something', /not known here/, true, /restricted key/],
  ])('%s is told by its form', async (key, told, fit, better) => {
    const examiner = await openExaminer(vendor, 'stripe:', environmentOf({ key }));
    expect(examiner?.key.told).toMatch(told);
    expect(examiner?.key.fit).toBe(fit);
    if (better === null) expect(examiner?.key.better).toBeNull();
    else expect(examiner?.key.better).toMatch(better);
    expect(JSON.stringify(examiner?.key)).not.toContain(key);
  });

  it('that can read nothing is not sent', async () => {
    expect(await check('key', { key: 'pk_live_1' })).toMatchObject({ outcome: 'fail', kind: 'usage' });
    expect(server.asked).toEqual([]);
  });
});

describe('what may be read', () => {
  it.each([
    ['customers', 'Customers'],
    ['subscriptions', 'Subscriptions'],
    ['invoices', 'Invoices'],
    ['charges', 'Charges'],
    ['coupons', 'Coupons'],
    ['prices', 'Prices'],
    ['events', 'Events'],
  ])('without %s says which permission to give, and looks at the rest', async (part, permission) => {
    refuse(part, 403, `The provided key '${apiKey}' lacks it. Having the 'rak_thing_read' permission would help.`);
    const diagnosis = await look();
    const refused = named(diagnosis, `read ${permission}`);
    expect(refused).toMatchObject({
      outcome: 'fail',
      kind: 'dependency',
      fix: `Give the key the permission to read ${permission}.`,
    });
    expect(refused.seen).toBe(`The key may not read ${part} (req_test): Stripe asks for rak_thing_read`);
    expect(diagnosis.checks.filter(({ outcome }) => outcome === 'fail')).toHaveLength(1);
    expect(diagnosis.checks.some(({ name }) => name === 'clock')).toBe(true);
    expect(JSON.stringify(diagnosis)).not.toContain(apiKey);
  });

  it('repeats no permission that is not spelt like one', async () => {
    refuse('events', 403, `Having the 'rak_${apiKey}\u001b[31m' permission`);
    expect((await check('read Events')).seen).toBe('The key may not read events (req_test)');
  });

  it('of a Stripe that does not answer is given up soon', async () => {
    server.fault = () => ({ status: 503 });
    const diagnosis = await look();
    expect(named(diagnosis, 'read Customers')).toMatchObject({ outcome: 'fail', kind: 'dependency' });
    expect(named(diagnosis, 'read Customers').seen).toContain('after 3 attempts');
    expect(server.asked).toHaveLength(3);
  });
});

describe('the clock', () => {
  it.each([
    ['2026-11-02T05:58:50Z', 'warn', /is 70 seconds ahead of Stripe/],
    ['2026-11-02T06:02:00Z', 'warn', /is 120 seconds behind Stripe/],
    ['2026-11-02T06:00:55Z', 'ok', /agree/],
  ])('of Stripe at %s: %s', async (date, outcome, told) => {
    server.date = httpDate(date);
    const found = await check('clock');
    expect(found.outcome).toBe(outcome);
    expect(found.seen).toMatch(told);
  });

  it('that Stripe does not tell is nothing to judge by', async () => {
    server.date = 'once upon a time';
    expect((await check('clock')).outcome).toBe('ok');
  });
});

describe('history', () => {
  it('says until when a month can be put back, and when the book began', async () => {
    const began = Math.min(...server.account.subscriptions.map(({ created }) => created));
    expect((await check('history')).seen).toBe(
      `2026-10 can be put back exactly until 2026-11-30 (Stripe tells changes for 30 days); the oldest subscription began in ${new Date(began * 1000).toISOString().slice(0, 7)}`,
    );
  });

  it.each([
    ['2026-11-30T23:59:59Z', 'ok'],
    ['2026-12-01T00:00:01Z', 'warn'],
  ])('of October at %s: %s', async (now, outcome) => {
    server.date = httpDate(now);
    expect((await check('history', { month: '2026-10', now })).outcome).toBe(outcome);
  });

  it('finds the month of the oldest subscription, wherever it lies', async () => {
    const days = ['2010-01', '2012-02', '2019-12', '2024-03', '2026-08', '2026-09', '2026-10'];
    for (const began of days.map((month) => `${month}-29T23:59:59Z`.replace('02-29', '02-28'))) {
      having({ subscriptions: [{ ...subscription(), id: 'sub_old', created: at(began) }] });
      expect((await check('history')).seen).toContain(`began in ${began.slice(0, 7)}`);
    }
    having({ subscriptions: [] });
    expect((await check('history')).seen).toContain('no subscription yet');
  });
});

describe('a sample', () => {
  const ended = (id: string, details: Record<string, unknown>): StripeObject => ({
    ...subscription({ status: 'canceled', ended_at: at('2026-10-03T00:00:00Z'), cancellation_details: details }),
    id,
    created: at('2026-05-10T00:00:00Z'),
  });

  it('of reasons: those that nobody knows come as lines', async () => {
    having({
      subscriptions: [
        ended('sub_1', { reason: 'cancellation_requested', feedback: 'too_complex' }),
        ended('sub_2', { reason: 'Canceled by\u001b[2J a new policy' }),
        ended('sub_3', {}),
      ],
    });
    const found = await check('reasons');
    expect(found).toMatchObject({
      outcome: 'warn',
      paste: ['"canceled_by_2j_a_new_policy": "voluntary or involuntary",'],
    });
    expect(found.seen).toContain('1 cancellation without any reason (all 3 subscriptions that ended)');
  });

  it('of customers: parents without a value, by dimension and without a name', async () => {
    having({
      customers: [
        customer('cus_1', { plan: 'Team', region: 'EMEA' }),
        customer('cus_2', { plan: 'Team' }),
        customer('cus_3', { group: 'cus_1' }),
      ],
    });
    const diagnosis = await look();
    expect(named(diagnosis, 'dimensions')).toMatchObject({
      outcome: 'warn',
      seen: '1 without region, of 2 accounts among all 3 customers',
    });
    expect(JSON.stringify(diagnosis)).not.toMatch(/Secret|cus_/);
  });

  it('of customers with more keys than a report shows', async () => {
    const keys = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`key_${at}`, 'x']));
    having({ customers: [customer('cus_1', keys)] });
    expect(await check('dimensions')).toMatchObject({ outcome: 'fail', kind: 'usage' });
    expect((await check('dimensions', { address: 'stripe:?dimensions=key_1' })).outcome).toBe('ok');
    expect((await check('dimensions', { config: { dimensions: ['key_1'] } })).outcome).toBe('ok');
  });

  it('of currencies: those without a rate, with lines for the file that holds', async () => {
    const found = await check('rates');
    expect(found).toMatchObject({ outcome: 'warn', seen: expect.stringContaining('at 2026-10 for EUR, JPY') });
    expect(found.paste).toEqual([
      'inbox/2026-10/fx.csv, a new file:',
      'currency,rate',
      'EUR,<USD for 1 EUR>',
      'JPY,<USD for 1 JPY>',
    ]);
    await withRates();
    expect((await check('rates')).outcome).toBe('ok');
    const paying = (currency: string, status: string) => ({
      ...subscription({ status, currency, items: [item({ price: price({ currency }) })] }),
      id: `sub_${currency}`,
      created: 1,
    });
    having({ subscriptions: [paying('kwd', 'past_due'), paying('chf', 'trialing')] });
    expect((await check('rates')).paste).toEqual(['inbox/2026-08/fx.csv, to be added:', 'KWD,<USD for 1 KWD>']);
  });

  it('is bounded, and says so', async () => {
    having({
      customers: Array.from({ length: 1_201 }, (_, at) => ({
        ...customer(`cus_${at}`, { plan: 'Team' }),
        created: at + 1,
      })),
    });
    const found = await check('dimensions');
    expect(found.seen).toContain('the newest 1000 customers');
    expect(server.asked.filter((path) => path.startsWith('/v1/customers?limit=100'))).toHaveLength(10);
  });

  it('with an object that cannot be read says which, as a pull would', async () => {
    having({ customers: [{ ...customer('cus_odd', {}), created: at(november) - 1_000_000, metadata: { plan: 7 } }] });
    const found = await check('dimensions');
    expect(found).toMatchObject({ outcome: 'fail', kind: 'dependency', seen: expect.stringContaining('cus_odd') });
  });
});

describe('a month', () => {
  it('that is not over cannot be pulled', async () => {
    expect(await check('pulled', { month: '2026-11' })).toMatchObject({ outcome: 'fail', kind: 'usage' });
  });

  it('that was pulled is looked at as a whole, by the same rules as a folder', async () => {
    await pull();
    server.asked.length = 0;
    const before = await treeOf(join(root, 'home'));
    const diagnosis = await look();
    expect(outcomes(diagnosis).slice(8)).toEqual([
      'clock: ok',
      'history: ok',
      'pulled: ok',
      'files: ok',
      'notes: ok',
      'control totals: ok',
      'snapshots: ok',
      'rates: fail',
      'reasons: ok',
      'dimensions: ok',
      'customers: ok',
    ]);
    expect(named(diagnosis, 'pulled').seen).toBe(
      '2026-10 was pulled from Stripe on 2026-11-02; 1 month from 2026-10 to 2026-10',
    );
    expect(named(diagnosis, 'notes').seen).toContain('3 of 10 lines changed since the month’s end');
    expect(named(diagnosis, 'rates')).toMatchObject({ kind: 'blocked' });
    expect(server.asked.some((path) => path.includes('limit=100'))).toBe(false);
    expect(await treeOf(join(root, 'home'))).toEqual(before);
    await writeFile(join(root, 'home/inbox/stripe/2026-10/fx.csv'), rates);
    expect((await check('rates')).outcome).toBe('ok');
  });

  it('that was pulled can be looked at without a key', async () => {
    await pull();
    const diagnosis = await look({ key: '' });
    expect(named(diagnosis, 'key').outcome).toBe('fail');
    expect(named(diagnosis, 'customers').outcome).toBe('ok');
  });

  it('that was pulled with other settings would be refused', async () => {
    await pull();
    expect(await check('pulled', { address: 'stripe:' })).toMatchObject({ outcome: 'fail', kind: 'usage' });
    const elsewhere = await check('pulled', { config: { timeZone: 'Asia/Tokyo' }, month: '2026-10' });
    expect(elsewhere.seen).toContain('for the time zone UTC');
  });

  it('whose pull was stopped says that it goes on', async () => {
    refuse('events', 400);
    await expect(pull()).rejects.toMatchObject({ code: 'STRIPE_REFUSED' });
    server.fault = () => null;
    expect(await check('pulled')).toMatchObject({
      outcome: 'warn',
      seen: expect.stringContaining('begun on 2026-11-02 and stopped'),
    });
  });
});

describe('months made of invoices', () => {
  const address = 'stripe:?basis=invoiced&parent=group';

  it('are told how far they reach, and what the key must read for them', async () => {
    server.account = invoicedAccount();
    const diagnosis = await look({ address });
    expect(outcomes(diagnosis).slice(0, 7)).toEqual([
      'key: warn',
      'read Customers: ok',
      'read Subscriptions: ok',
      'read Invoices: ok',
      'read Credit notes: ok',
      'clock: ok',
      'history: ok',
    ]);
    expect(named(diagnosis, 'history').seen).toBe(
      'the oldest invoice is of 2025-09: months from then to 2026-10 can be made of invoices, at any time, on the basis invoiced',
    );
    expect(named(diagnosis, 'pulled').seen).toBe('2026-10 has not been pulled yet; no month so far');
    expect(await check('history', { address, month: '2025-08' })).toMatchObject({
      outcome: 'warn',
      seen: 'there is no invoice before the end of 2025-08',
    });
    refuse('credit_notes', 403);
    expect((await check('read Credit notes', { address })).fix).toBe(
      'Give the key the permission to read Credit notes.',
    );
  });

  it('are looked at as a whole once they are there, the newest and those before it', async () => {
    server.account = invoicedAccount();
    await pull({ address, now: '2026-11-12T06:00:00Z' });
    for (const month of ['2026-10', '2026-03']) {
      const diagnosis = await look({ address, month });
      expect(named(diagnosis, 'pulled')).toMatchObject({
        outcome: 'ok',
        seen: `${month} was pulled from Stripe on 2026-11-12; 14 months from 2025-09 to 2026-10`,
      });
      expect(named(diagnosis, 'control totals').outcome).toBe('ok');
      expect(named(diagnosis, 'customers').outcome).toBe('ok');
    }
    // Months as they stood are another matter.
    expect(await check('pulled')).toMatchObject({ seen: '2026-10 has not been pulled yet; no month so far' });
  });
});
