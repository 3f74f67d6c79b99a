/** Chargebee and Recurly looked over: what each asks, and what is told of its refusals and of what its newest objects hold. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLocalWorld } from '../../functions/compose-local.ts';
import { openExaminer } from '../../functions/compose-sources.ts';
import { parseConfig } from '../../functions/config-file.ts';
import type { Check } from '../../functions/doctor/check.ts';
import { type Diagnosis, examineAccount } from '../../functions/doctor/doctor.ts';
import type { Vendor } from '../../functions/sources/billing/vendor.ts';
import { chargebee } from '../../functions/sources/chargebee/vendor.ts';
import { recurly } from '../../functions/sources/recurly/vendor.ts';
import {
  type ChargebeeObject,
  type ChargebeeServer,
  apiKey as chargebeeKey,
  startChargebee,
} from '../servers/chargebee.ts';
import { type RecurlyObject, type RecurlyServer, apiKey as recurlyKey, startRecurly } from '../servers/recurly.ts';
import { siteAt as chargebeeSite } from '../sources/chargebee/book.ts';
import { subscription as chargebeeSubscription } from '../sources/chargebee/objects.ts';
import { siteAt as recurlySite } from '../sources/recurly/book.ts';
import { subscription as recurlySubscription } from '../sources/recurly/objects.ts';

const november = '2026-11-02T06:00:00Z';
const seconds = Date.parse(november) / 1000;
const httpDate = new Date(november).toUTCString();

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'doctor-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const look = (vendor: Vendor, address: string, environment: Record<string, string>): Promise<Diagnosis> => {
  const options = {
    home: join(root, 'home'),
    dryRun: true,
    environment: { SOURCE_DATE_EPOCH: `${seconds}`, ...environment },
    progress: () => {},
    note: () => {},
  };
  return withLocalWorld(options, (world) =>
    examineAccount({
      month: null,
      config: parseConfig({}, 'test'),
      looked: world,
      ratesFile: (month) => `inbox/${month}/fx.csv`,
      vendor,
      address,
      open: () => openExaminer(vendor, address, environment),
      inbox: null,
      committed: [],
    }),
  );
};

const named = ({ checks }: Diagnosis, name: string): Check => {
  const found = checks.filter((check) => check.name === name);
  expect(found.map((check) => check.name)).toEqual([name]);
  return found[0]!;
};

describe('Chargebee', () => {
  let server: ChargebeeServer;
  beforeEach(async () => {
    server = await startChargebee(chargebeeSite(november));
    server.date = httpDate;
  });
  afterEach(() => server.close());

  const examined = (key = chargebeeKey) =>
    look(chargebee, 'chargebee:?site=acme', { CHARGEBEE_API_KEY: key, RETENTION_CHARGEBEE_URL: server.url });

  it('is asked for each list that a pull reads, and little else', async () => {
    const diagnosis = await examined();
    expect(diagnosis.checks.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
    expect(diagnosis.checks.filter(({ name }) => name.startsWith('read ')).map(({ name }) => name.slice(5))).toEqual([
      'Subscriptions',
      'Customers',
      'Invoices',
      'Transactions',
      'Items',
      'Item prices',
      'Coupons',
      'Events',
    ]);
    expect(named(diagnosis, 'key').seen).toBe('a key of a live site; accepted');
    expect(named(diagnosis, 'clock').seen).toBe('this machine and Chargebee agree on the time');
    expect(named(diagnosis, 'history').seen).toMatch(
      /^2026-10 can be put back exactly until 2027-01-29 \(Chargebee tells changes for 90 days\); the oldest subscription began in 2025-0\d$/,
    );
    expect(server.asked.length).toBeLessThan(15);
  });

  it.each([
    ['subscriptions', 'Subscriptions'],
    ['transactions', 'Transactions'],
    ['item_prices', 'Item prices'],
    ['events', 'Events'],
  ])('that refuses %s', async (part, permission) => {
    server.fault = (_, path) => (path === `/api/v2/${part}` ? { status: 403 } : null);
    const diagnosis = await examined();
    expect(named(diagnosis, `read ${permission}`)).toMatchObject({ outcome: 'fail', kind: 'dependency' });
    expect(diagnosis.checks.filter(({ outcome }) => outcome === 'fail')).toHaveLength(1);
    expect(JSON.stringify(diagnosis)).not.toContain(chargebeeKey);
  });

  it('that does not know the key, does not answer, or is no such site', async () => {
    const stranger = await examined('test_of_somebody_else');
    expect(named(stranger, 'key')).toMatchObject({ outcome: 'fail', kind: 'dependency' });
    server.asked.length = 0;
    server.fault = () => ({ status: 503 });
    expect(named(await examined(), 'read Subscriptions').seen).toContain('after 3 attempts');
    expect(server.asked).toHaveLength(3);
    server.fault = () => ({ status: 404 });
    const nowhere = await examined();
    expect(nowhere.checks.map(({ name, outcome }) => `${name}: ${outcome}`)).toEqual([
      'read Subscriptions: fail',
      'pulled: ok',
    ]);
    expect(named(nowhere, 'read Subscriptions').fix).toContain('site=');
  });

  it.each([
    ['live_1', /live site/, null],
    ['test_1', /test site: what it reads is not the book/, /live site/],
    ['other', /not known here/, /read-only key/],
  ])('tells a key %s by its form', async (key, told, better) => {
    const address = 'chargebee:?site=acme';
    const examiner = await openExaminer(chargebee, address, { CHARGEBEE_API_KEY: key });
    expect(examiner?.key.told).toMatch(told);
    if (better === null) expect(examiner?.key.better).toBeNull();
    else expect(examiner?.key.better).toMatch(better);
  });

  const ended = (id: string, changes: Record<string, unknown>): ChargebeeObject => ({
    ...chargebeeSubscription({ status: 'cancelled', cancelled_at: seconds - 1000, ...changes }),
    id,
    created_at: 1_700_000_000,
  });

  it('has its reasons, customers and currencies looked at', async () => {
    server.site = {
      ...server.site,
      subscriptions: [
        ended('sub_1', { cancel_reason: 'not_paid' }),
        ended('sub_2', { cancel_reason_code: 'Went to\u001b[2J Mars' }),
        ended('sub_3', {}),
        // A trial that nobody went on with is no cancellation.
        ended('sub_4', { activated_at: null, started_at: null, cancel_reason_code: 'Never mind' }),
        { ...chargebeeSubscription({ currency_code: 'SEK' }), id: 'sub_5', created_at: 1_700_000_000 },
        {
          ...chargebeeSubscription({ currency_code: 'NOK', status: 'in_trial' }),
          id: 'sub_6',
          created_at: 1_700_000_000,
        },
      ],
      customers: [
        { id: 'cus_1', company: 'Secret Customer Ltd', cf_plan: 'Team', created_at: 1 },
        { id: 'cus_2', company: 'Secret Customer Ltd', created_at: 1 },
        { id: 'cus_3', relationship: { parent_id: 'cus_1' }, created_at: 1 },
      ],
    };
    const diagnosis = await examined();
    expect(named(diagnosis, 'reasons').paste).toEqual(['"went_to_2j_mars": "voluntary or involuntary",']);
    expect(named(diagnosis, 'reasons').seen).toContain('1 cancellation without any reason (all 4 subscriptions');
    expect(named(diagnosis, 'dimensions').seen).toBe('1 without plan, of 2 accounts among all 3 customers');
    expect(named(diagnosis, 'rates').paste.slice(2)).toEqual(['SEK,<USD for 1 SEK>']);
    expect(JSON.stringify(diagnosis)).not.toMatch(/Secret|cus_/);
  });

  it('is looked at page by page, a thousand at most', async () => {
    const customers = Array.from({ length: 1_150 }, (_, at) => ({ id: `cus_${at}`, cf_plan: 'x', created_at: at + 1 }));
    server.site = { ...server.site, customers };
    expect(named(await examined(), 'dimensions').seen).toContain('the newest 1000 customers');
    expect(server.asked.filter((path) => path.startsWith('/api/v2/customers?limit=100'))).toHaveLength(10);
  });
});

describe('Recurly', () => {
  let server: RecurlyServer;
  beforeEach(async () => {
    server = await startRecurly(recurlySite(november));
    server.date = httpDate;
  });
  afterEach(() => server.close());

  const examined = (key = recurlyKey) =>
    look(recurly, 'recurly:', { RECURLY_API_KEY: key, RETENTION_RECURLY_URL: server.url });

  it('is asked for each list that a pull reads, and keeps no history', async () => {
    const diagnosis = await examined();
    expect(diagnosis.checks.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
    expect(diagnosis.checks.filter(({ name }) => name.startsWith('read ')).map(({ name }) => name.slice(5))).toEqual([
      'Subscriptions',
      'Accounts',
      'Invoices',
      'Plans',
      'Coupons',
    ]);
    expect(named(diagnosis, 'clock').outcome).toBe('ok');
    const history = named(diagnosis, 'history');
    expect(history.outcome).toBe('warn');
    expect(history.seen).toMatch(
      /^Recurly keeps no history of changes: .*; the oldest subscription began in 2025-0\d$/,
    );
    expect(server.asked.length).toBeLessThan(12);
  });

  it.each([
    ['accounts', 'Accounts'],
    ['plans', 'Plans'],
  ])('that refuses %s', async (part, permission) => {
    server.fault = (_, path) => (path === `/${part}` ? { status: 403 } : null);
    const diagnosis = await examined();
    expect(named(diagnosis, `read ${permission}`)).toMatchObject({ outcome: 'fail', kind: 'dependency' });
    expect(diagnosis.checks.filter(({ outcome }) => outcome === 'fail')).toHaveLength(1);
  });

  it('that does not know the key, or does not answer', async () => {
    expect(named(await examined('stranger'), 'key')).toMatchObject({ outcome: 'fail', kind: 'dependency' });
    server.asked.length = 0;
    server.fault = () => ({ status: 503 });
    expect(named(await examined(), 'read Subscriptions').seen).toContain('after 3 attempts');
    expect(server.asked).toHaveLength(3);
  });

  const made = '2026-05-10T00:00:00Z';
  const ended = (id: string, changes: Record<string, unknown>): RecurlyObject => ({
    ...recurlySubscription({ state: 'expired', expires_at: '2026-10-05T00:00:00Z', ...changes }),
    id,
    created_at: made,
  });

  it('has its reasons, accounts and currencies looked at', async () => {
    server.site = {
      ...server.site,
      subscriptions: [
        ended('sub1', { expiration_reason: 'nonpayment' }),
        ended('sub2', { expiration_reason: 'Sun\u202e spots' }),
        ended('sub3', { expiration_reason: null, auto_renew: true }),
        // A trial that nobody paid for is no cancellation.
        ended('sub4', { expiration_reason: 'nonpayment_trial', trial_ends_at: '2026-10-04T00:00:00Z' }),
        { ...recurlySubscription({ currency: 'SEK', state: 'canceled' }), id: 'sub5', created_at: made },
        { ...recurlySubscription({ currency: 'NOK', state: 'future' }), id: 'sub6', created_at: made },
      ],
      accounts: [
        {
          id: 'acc1',
          company: 'Secret Customer Ltd',
          custom_fields: [{ name: 'plan', value: 'Team' }],
          created_at: made,
        },
        { id: 'acc2', company: 'Secret Customer Ltd', created_at: made },
        { id: 'acc3', parent_account_id: 'acc1', bill_to: 'parent', created_at: made },
      ],
    };
    const diagnosis = await examined();
    expect(named(diagnosis, 'reasons').paste).toEqual(['"sun_spots": "voluntary or involuntary",']);
    expect(named(diagnosis, 'reasons').seen).toContain('1 cancellation without any reason (all 4 subscriptions');
    expect(named(diagnosis, 'dimensions').seen).toBe('1 without plan, of 2 accounts among all 3 customers');
    expect(named(diagnosis, 'rates').paste.slice(2)).toEqual(['SEK,<USD for 1 SEK>']);
    expect(JSON.stringify(diagnosis)).not.toMatch(/Secret|acc1/);
  });

  it('is looked at page by page, a thousand at most, and never follows a page to another server', async () => {
    const accounts = Array.from({ length: 1_100 }, (_, at) => ({ id: `acc${at}`, created_at: made }));
    server.site = { ...server.site, accounts };
    expect(named(await examined(), 'dimensions').outcome).toBe('warn');
    expect(server.asked.filter((path) => path.startsWith('/accounts?limit=200'))).toHaveLength(5);
    server.next = () => 'https://elsewhere.example/accounts?cursor=1';
    expect(named(await examined(), 'dimensions')).toMatchObject({ outcome: 'fail', kind: 'dependency' });
  });
});
