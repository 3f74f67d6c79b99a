/** What is in an account: a sample of what was not pulled, and a pulled month as a whole. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { treeOf } from '../pipeline/folder.ts';
import type { StripeObject } from '../servers/stripe.ts';
import { rates } from '../sources/stripe/book.ts';
import { at, item, price, subscription } from '../sources/stripe/objects.ts';
import { accountUnderLook, november, outcomes } from './account-look.ts';
import { named } from './look.ts';

const { root, server, look, check, pull, withRates, having } = accountUnderLook();

const customer = (id: string, metadata: Record<string, string>): StripeObject => ({
  id,
  created: at('2026-05-10T00:00:00Z'),
  name: 'Secret Customer Ltd',
  metadata,
});

const refuse = (part: string, status: number, message?: string) => {
  server().fault = (_, path) =>
    path === `/v1/${part}` ? { status, ...(message === undefined ? {} : { message }) } : null;
};

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
    expect(named(diagnosis.checks, 'dimensions')).toMatchObject({
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
    expect(server().asked.filter((path) => path.startsWith('/v1/customers?limit=100'))).toHaveLength(10);
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
    server().asked.length = 0;
    const before = await treeOf(join(root(), 'home'));
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
    expect(named(diagnosis.checks, 'pulled').seen).toBe(
      '2026-10 was pulled from Stripe on 2026-11-02; 1 month from 2026-10 to 2026-10',
    );
    expect(named(diagnosis.checks, 'notes').seen).toContain('3 of 10 lines changed since the month’s end');
    expect(named(diagnosis.checks, 'rates')).toMatchObject({ kind: 'blocked' });
    expect(server().asked.some((path) => path.includes('limit=100'))).toBe(false);
    expect(await treeOf(join(root(), 'home'))).toEqual(before);
    await writeFile(join(root(), 'home/inbox/stripe/2026-10/fx.csv'), rates);
    expect((await check('rates')).outcome).toBe('ok');
  });

  it('that was pulled can be looked at without a key', async () => {
    await pull();
    const diagnosis = await look({ key: '' });
    expect(named(diagnosis.checks, 'key').outcome).toBe('fail');
    expect(named(diagnosis.checks, 'customers').outcome).toBe('ok');
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
    server().fault = () => null;
    expect(await check('pulled')).toMatchObject({
      outcome: 'warn',
      seen: expect.stringContaining('begun on 2026-11-02 and stopped'),
    });
  });
});
