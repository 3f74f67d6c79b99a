/** A Chargebee customer as a row: its name, its family, and its fields as dimensions. */
import { describe, expect, it } from 'vitest';
import { headOf } from '../../../functions/sources/billing/family.ts';
import { customerRow, parentOf } from '../../../functions/sources/chargebee/customer.ts';
import { readCustomer } from '../../../functions/sources/chargebee/objects.ts';
import { parseChargebeeAddress } from '../../../functions/sources/chargebee/settings.ts';
import type { Raw } from './objects.ts';

describe('a customer', () => {
  const customer = readCustomer({
    id: 'cus_1',
    company: 'Acme "Ltd"',
    first_name: 'Ada',
    email: 'ada@example.com',
    created_at: 1,
    cf_plan: 'Team',
    cf_region: 'EMEA',
    cf_seats: 12,
    cf_trusted: true,
    cf_name: 'not this',
    cf_group: 'cus_9',
    cf_empty: '',
    cf___proto__: 'x',
    meta_data: { tier: 'gold' },
    relationship: { parent_id: 'cus_2', payment_owner_id: 'cus_3', invoice_owner_id: 'cus_3' },
  });
  const row = (address: string, parents: [string, string][] = []) =>
    customerRow(customer, parseChargebeeAddress(address), new Map(parents));

  it('has its custom fields as dimensions, and keeps the columns that mean something else', () =>
    expect(row('chargebee:?site=acme')).toEqual({
      customer_id: 'cus_1',
      name: 'Acme "Ltd"',
      ...JSON.parse('{"__proto__": "x"}'),
      group: 'cus_9',
      plan: 'Team',
      region: 'EMEA',
      seats: '12',
      trusted: 'true',
    }));

  it('has the dimensions that the settings name, of meta data too, and the head of its family', () =>
    expect(
      row('chargebee:?site=acme&parent=group&dimensions=cf_region,tier,group', [
        ['cus_1', 'cus_9'],
        ['cus_9', 'cus_10'],
      ]),
    ).toEqual({ customer_id: 'cus_1', name: 'Acme "Ltd"', account_id: 'cus_10', region: 'EMEA', tier: 'gold' }));

  it('is called by its own name where it has no company, and by none where it has neither', () => {
    const named = (raw: Raw) =>
      customerRow(readCustomer({ id: 'c', ...raw }), parseChargebeeAddress('chargebee:?site=acme'), new Map()).name;
    expect([named({ first_name: 'Ada', last_name: 'L' }), named({ last_name: 'L' }), named({})]).toEqual([
      'Ada L',
      'L',
      undefined,
    ]);
  });

  it('that goes on in another business entity is one account with the one that goes on', () => {
    const settings = parseChargebeeAddress('chargebee:?site=acme');
    const moved = readCustomer({ id: 'old', active_id: 'new', relationship: { parent_id: 'p' } });
    expect(parentOf(moved, settings)).toBe('new');
    expect(parentOf(readCustomer({ ...moved, id: 'new' }), settings)).toBe('p');
  });

  it('of a family that goes round in a circle has one account with all of them', () => {
    const circle = new Map([
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'b'],
    ]);
    expect(['a', 'b', 'c'].map((one) => headOf(one, circle))).toEqual(['b', 'b', 'b']);
  });
});
