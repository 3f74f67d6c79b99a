import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { treeOf } from '../pipeline/folder.ts';
import { apiKey } from '../servers/stripe.ts';
import { at, subscription } from '../sources/stripe/objects.ts';
import { accountUnderLook, httpDate, outcomes } from './account-look.ts';
import { named } from './look.ts';

const { root, server, look, check, withRates, having, examiner: examinerWith } = accountUnderLook();

const refuse = (part: string, status: number, message?: string) => {
  server().fault = (_, path) =>
    path === `/v1/${part}` ? { status, ...(message === undefined ? {} : { message }) } : null;
};

it('looks at the newest month that is over, asks little, only reads, and keeps nothing', async () => {
  await withRates();
  const before = await treeOf(join(root(), 'home'));
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
  expect(server().asked.length).toBeLessThan(25);
  expect(await treeOf(join(root(), 'home'))).toEqual(before);
});

describe('the key', () => {
  it('that is not there', async () => {
    const diagnosis = await look({ key: '' });
    expect(named(diagnosis.checks, 'key')).toMatchObject({
      outcome: 'fail',
      kind: 'usage',
      seen: expect.stringMatching(/^STRIPE_API_KEY is not set/),
    });
    expect(outcomes(diagnosis)).toEqual(['key: fail', 'pulled: ok']);
    expect(server().asked).toEqual([]);
  });

  it('that Stripe does not know ends the questions', async () => {
    const diagnosis = await look({ key: 'rk_live_of_somebody_else' });
    expect(named(diagnosis.checks, 'key')).toMatchObject({ outcome: 'fail', kind: 'dependency' });
    expect(outcomes(diagnosis)).toEqual(['key: fail', 'pulled: ok']);
    expect(server().asked).toHaveLength(1);
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
    const examiner = await examinerWith(key);
    expect(examiner?.key.told).toMatch(told);
    expect(examiner?.key.fit).toBe(fit);
    if (better === null) expect(examiner?.key.better).toBeNull();
    else expect(examiner?.key.better).toMatch(better);
    expect(JSON.stringify(examiner?.key)).not.toContain(key);
  });

  it('that can read nothing is not sent', async () => {
    expect(await check('key', { key: 'pk_live_1' })).toMatchObject({ outcome: 'fail', kind: 'usage' });
    expect(server().asked).toEqual([]);
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
    const refused = named(diagnosis.checks, `read ${permission}`);
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
    server().fault = () => ({ status: 503 });
    const diagnosis = await look();
    expect(named(diagnosis.checks, 'read Customers')).toMatchObject({ outcome: 'fail', kind: 'dependency' });
    expect(named(diagnosis.checks, 'read Customers').seen).toContain('after 3 attempts');
    expect(server().asked).toHaveLength(3);
  });
});

describe('the clock', () => {
  it.each([
    ['2026-11-02T05:58:50Z', 'warn', /is 70 seconds ahead of Stripe/],
    ['2026-11-02T06:02:00Z', 'warn', /is 120 seconds behind Stripe/],
    ['2026-11-02T06:00:55Z', 'ok', /agree/],
  ])('of Stripe at %s: %s', async (date, outcome, told) => {
    server().date = httpDate(date);
    const found = await check('clock');
    expect(found.outcome).toBe(outcome);
    expect(found.seen).toMatch(told);
  });

  it('that Stripe does not tell is nothing to judge by', async () => {
    server().date = 'once upon a time';
    expect((await check('clock')).outcome).toBe('ok');
  });
});

describe('history', () => {
  it('says until when a month can be put back, and when the book began', async () => {
    const began = Math.min(...server().account.subscriptions.map(({ created }) => created));
    expect((await check('history')).seen).toBe(
      `2026-10 can be put back exactly until 2026-11-30 (Stripe tells changes for 30 days); the oldest subscription began in ${new Date(began * 1000).toISOString().slice(0, 7)}`,
    );
  });

  it.each([
    ['2026-11-30T23:59:59Z', 'ok'],
    ['2026-12-01T00:00:01Z', 'warn'],
  ])('of October at %s: %s', async (now, outcome) => {
    server().date = httpDate(now);
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
