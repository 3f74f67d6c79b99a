/** Accounts of Recurly as customers: names, parents, custom fields; and how an address says what is wanted of them. */
import { describe, expect, it } from 'vitest';
import { headOf } from '../../../functions/sources/billing/family.ts';
import { accountRow, parentOf } from '../../../functions/sources/recurly/account.ts';
import { redemptionEnd, stands } from '../../../functions/sources/recurly/discounted.ts';
import { readAccount, readRedemption } from '../../../functions/sources/recurly/objects.ts';
import { parseRecurlyAddress } from '../../../functions/sources/recurly/settings.ts';
import { at, type Raw, until, wired } from './objects.ts';

const account = (changes: Raw = {}) =>
  readAccount(
    wired({
      id: 'acc_1',
      object: 'account',
      code: 'one',
      company: 'One Ltd',
      first_name: 'Ann',
      last_name: 'Other',
      parent_account_id: 'acc_top',
      bill_to: 'parent',
      custom_fields: [],
      ...changes,
    }),
  );

const row = (changes: Raw = {}, address = 'recurly:', parents = new Map<string, string>()) =>
  accountRow(account(changes), parents, parseRecurlyAddress(address));

describe('an account', () => {
  it('is called after its company, or else its person, or nothing', () => {
    expect(row().name).toBe('One Ltd');
    expect(row({ company: '' }).name).toBe('Ann Other');
    expect(row({ company: null, first_name: null }).name).toBe('Other');
    expect(row({ company: null, first_name: null, last_name: null }).name).toBeUndefined();
  });

  it('has its custom fields as dimensions, but for names that mean something else', () => {
    const custom_fields = [
      { name: 'region', value: '=EU"\n' },
      { name: 'plan', value: 'Team' },
      { name: 'account_id', value: 'nobody' },
      { name: 'acv_band', value: 'huge' },
      { name: 'empty', value: null },
    ];
    expect(row({ custom_fields })).toEqual({ customer_id: 'acc_1', name: 'One Ltd', plan: 'Team', region: '=EU"\n' });
    expect(row({ custom_fields }, 'recurly:?dimensions=plan')).not.toHaveProperty('region');
  });

  it('belongs to the parent that pays for it, to any parent, or to itself', () => {
    const of = (changes: Raw, hierarchy: 'paying' | 'all' | 'none') => parentOf(account(changes), hierarchy);
    expect(of({}, 'paying')).toBe('acc_top');
    expect(of({ bill_to: 'self' }, 'paying')).toBeNull();
    expect(of({ bill_to: 'self' }, 'all')).toBe('acc_top');
    expect(of({}, 'none')).toBeNull();
  });

  it('belongs to the one at the top, and a circle ends', () => {
    const parents = new Map([
      ['acc_1', 'acc_2'],
      ['acc_2', 'acc_3'],
      ['round', 'about'],
      ['about', 'round'],
    ]);
    expect(row({}, 'recurly:', parents).account_id).toBe('acc_3');
    expect(headOf('acc_3', parents)).toBe('acc_3');
    expect(['round', 'about']).toContain(headOf('round', parents));
  });
});

describe('a redemption', () => {
  const redemption = (changes: Raw = {}) =>
    readRedemption(
      wired({
        id: 'red_1',
        coupon: { id: 'coupon_1' },
        state: 'active',
        remaining_duration: { type: 'forever' },
        created_at: '2026-01-01T00:00:00Z',
        updated_at: '2026-01-01T00:00:00Z',
        removed_at: null,
        ...changes,
      }),
    );
  const temporal = (expires_at: string) => ({ remaining_duration: { type: 'temporal', expires_at } });

  it.each<[told: string, changes: Raw, standing: boolean]>([
    ['for ever', {}, true],
    ['since the last second', { created_at: '2026-10-31T23:59:59Z' }, true],
    ['later', { created_at: '2026-11-01T00:00:00Z' }, false],
    ['until its end', temporal('2026-10-31T23:59:59Z'), false],
    ['until after the month', temporal('2026-11-01T00:00:00Z'), true],
    ['until it was taken off', { state: 'inactive', removed_at: '2026-10-31T23:59:59Z' }, false],
    ['until it was taken off since', { state: 'inactive', removed_at: '2026-11-01T00:00:00Z' }, true],
    ['until it was used up', { state: 'inactive', updated_at: '2026-10-31T23:59:59Z' }, false],
    ['until it was used up since', { state: 'inactive', updated_at: '2026-11-01T00:00:00Z' }, true],
    [
      'until its end, though it was seen to since',
      { state: 'inactive', ...temporal('2026-10-20T00:00:00Z'), updated_at: '2026-11-01T00:00:00Z' },
      false,
    ],
  ])('stands %s', (_, changes, standing) => expect(stands(redemption(changes), until)).toBe(standing));

  it('that is over since nobody knows when does not stand', () => {
    const over = redemption({ state: 'inactive', updated_at: undefined });
    expect([redemptionEnd(over), stands(over, at('2020-01-01T00:00:00Z')), stands(over, until)]).toEqual([
      'unknown',
      false,
      false,
    ]);
  });
});

describe('an address', () => {
  it('says how the site is to be read', () => {
    expect(parseRecurlyAddress('recurly:')).toEqual({
      region: 'us',
      hierarchy: 'paying',
      dimensions: null,
      opportunity: null,
      metered: 'zero',
    });
    const address = 'recurly:?region=eu&hierarchy=none&dimensions=plan,region&opportunity=deal&metered=average';
    expect(parseRecurlyAddress(address)).toEqual({
      region: 'eu',
      hierarchy: 'none',
      dimensions: ['plan', 'region'],
      opportunity: 'deal',
      metered: 'average',
    });
  });

  it.each([
    ['recurly:?region=mars', 'region is us or eu'],
    ['recurly:?hierarchy=yes', 'hierarchy is paying or all or none'],
    ['recurly:?metered=often', 'metered is zero or average'],
    ['recurly:?key=secret', 'a setting that is none of'],
  ])('%s is refused', (address, reason) => {
    expect(() => parseRecurlyAddress(address)).toThrow(reason);
    expect(() => parseRecurlyAddress(address)).not.toThrow('secret');
  });
});
