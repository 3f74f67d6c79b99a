/** Configuration: defaults, and every fault at once. */
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../functions/config-file.ts';
import { configSchema, defaultConfig, reasonCauses } from '../../functions/core/config.ts';
import { reasonKey } from '../../functions/core/reasons.ts';
import { ReportError } from '../../functions/errors.ts';

const faultsOf = (value: unknown): string => {
  try {
    parseConfig(value, 'retention.config.json');
  } catch (error) {
    expect(error).toBeInstanceOf(ReportError);
    expect(error).toMatchObject({ kind: 'usage' });
    return error instanceof Error ? error.message : '';
  }
  return '';
};

describe('a configuration', () => {
  it('may be empty', () => {
    expect(parseConfig({}, 'retention.config.json')).toEqual(defaultConfig);
    expect(defaultConfig).toMatchObject({
      reportingCurrency: 'USD',
      timeZone: 'UTC',
      lowSampleBelow: 50,
      gates: { unclassifiedShare: '0.05', bookSwing: '0.30' },
    });
    expect(defaultConfig.dimensions).toBeUndefined();
  });

  it('reads opportunities by the defaults where it says nothing of them', () => {
    expect(defaultConfig.crm).toEqual({ columns: {}, toleranceDays: 45 });
    expect(configSchema.parse({ crm: { toleranceDays: 10 } }).crm).toEqual({ columns: {}, toleranceDays: 10 });
  });

  it('keeps the default of a gate that it leaves out', () =>
    expect(configSchema.parse({ gates: { bookSwing: '0.5' } }).gates).toEqual({
      unclassifiedShare: '0.05',
      bookSwing: '0.5',
    }));

  it.each([
    [{ reportingcurrency: 'EUR' }, 'reportingcurrency'],
    [{ gates: { bookswing: '0.5' } }, 'bookswing'],
    [{ acvBands: [{ name: 'All', from: '0', to: '5' }] }, 'to'],
    [{ crm: { tolerance: 45 } }, 'tolerance'],
    [{ crm: { columns: { closed: 'Close Date' } } }, 'closed'],
  ])('with a setting that does not exist is refused by its name: %j', (value, key) =>
    expect(faultsOf(value)).toContain(key),
  );

  it.each([
    [{ reportingCurrency: 'usd' }, 'ISO 4217'],
    [{ timeZone: 'Mars/Olympus' }, 'IANA'],
    [{ lowSampleBelow: -1 }, 'lowSampleBelow'],
    [{ lowSampleBelow: 2.5 }, 'lowSampleBelow'],
    [{ gates: { bookSwing: 0.3 } }, 'bookSwing'],
    [{ gates: { bookSwing: '30' } }, 'between "0" and "1"'],
    [{ acvBands: [] }, 'acvBands'],
    [{ crm: { toleranceDays: -1 } }, 'toleranceDays'],
    [{ crm: { toleranceDays: 1.5 } }, 'toleranceDays'],
    [{ crm: { toleranceDays: 400 } }, 'toleranceDays'],
    [{ crm: { dateForm: 'YY/MM/DD' } }, 'dateForm'],
    [{ crm: { won: [] } }, 'won'],
    [{ crm: { columns: { type: '' } } }, 'type'],
    [{ acvBands: [{ name: 'SMB', from: '1' }] }, 'must start from "0"'],
    [
      {
        acvBands: [
          { name: 'A', from: '0' },
          { name: 'B', from: '0' },
        ],
      },
      'must rise',
    ],
    [
      {
        acvBands: [
          { name: 'A', from: '0' },
          { name: 'A', from: '5' },
        ],
      },
      'twice',
    ],
    [{ benchmarks: [{ dimension: 'acv_band', segment: 'SMB', bounds: ['95', '85', '105'] }] }, 'must rise'],
    [{ dimensions: ['plan', 'plan'] }, 'twice'],
    [{ dimensions: ['acv_band'] }, 'always reported'],
    [{ dimensions: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'] }, 'at most 8'],
    [{ reasonMap: { gone: 'paused' } }, 'reasonMap'],
    [{ recipients: ['a@b.example, c@d.example'] }, 'a@b.example, c@d.example'],
    [{ sender: 'nobody' }, 'nobody'],
    [null, 'retention.config.json'],
    [[], 'retention.config.json'],
  ])('is refused with its reason: %j', (value, reason) => expect(faultsOf(value)).toContain(reason));

  it('tells all its faults at once', () => {
    const told = faultsOf({
      reportingCurrency: 'usd',
      timeZone: 'Mars/Olympus',
      colour: 'red',
      recipients: ['nobody'],
    });
    for (const fault of ['ISO 4217', 'IANA', 'colour', 'nobody']) expect(told).toContain(fault);
  });
});

describe('reasons', () => {
  it.each([
    ['Card Expired', 'card_expired'],
    ['  CARD--expired! ', 'card_expired'],
    ['payment_failed', 'payment_failed'],
    ['???', ''],
  ])('%j is looked up as %j', (reason, key) => expect(reasonKey(reason)).toBe(key));

  it('of a configuration go before the usual ones', () => {
    const causes = new Map(
      reasonCauses(configSchema.parse({ reasonMap: { 'Too expensive': 'involuntary', 'New one': 'voluntary' } })),
    );
    expect(causes.get('too_expensive')).toBe('involuntary');
    expect(causes.get('new_one')).toBe('voluntary');
    expect(causes.get('payment_failed')).toBe('involuntary');
    expect([...causes.keys()]).toEqual([...causes.keys()].sort());
  });

  it.each([
    // Stripe, Chargebee and Recurly, in that order.
    ['payment_failed', 'involuntary'],
    ['payment_disputed', 'involuntary'],
    ['cancellation_requested', 'voluntary'],
    ['not_paid', 'involuntary'],
    ['no_card', 'involuntary'],
    ['nonpayment', 'involuntary'],
    ['canceled', 'voluntary'],
    ['Fixed billing cycles', 'voluntary'],
    ['non_renewing', 'voluntary'],
    // What ended with its trial or gift nobody decided on, and neither did anybody's card.
    ['nonpayment_trial', undefined],
    ['nonpayment_gift', undefined],
    ['tax_location_invalid', undefined],
    ['account_closed', undefined],
  ])('%s is %s', (reason, cause) => expect(new Map(reasonCauses(defaultConfig)).get(reasonKey(reason))).toBe(cause));
});
