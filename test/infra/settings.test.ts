/** The CDK context: defaults, what the command line may say, and what is refused. */
import { describe, expect, it } from 'vitest';
import flags from '../../cdk.json' with { type: 'json' };
import { ReportError } from '../../functions/errors.ts';
import { parseSettings } from '../../infra/settings.ts';

const failure = (context: Readonly<Record<string, unknown>>): ReportError => {
  try {
    parseSettings(context);
  } catch (error) {
    if (error instanceof ReportError) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

it('has a default for everything', () => {
  expect(parseSettings({})).toMatchObject({
    stackName: 'retention',
    reportDay: 3,
    reportHour: 7,
    reportByDay: 5,
    archiveLock: 'GOVERNANCE',
    archiveRetentionDays: 2557,
    removal: 'retain',
    architecture: 'x86_64',
  });
});

it('takes numbers and lists as text, as -c gives them', () => {
  const context = { reportDay: '4', logRetentionDays: '90', opsRecipients: 'a@example.com, b@example.com' };
  expect(parseSettings(context)).toMatchObject({
    reportDay: 4,
    logRetentionDays: 90,
    opsRecipients: ['a@example.com', 'b@example.com'],
  });
});

it('does not repeat the address of an account that is wrong: somebody may have put a key there', () => {
  for (const billingSource of ['stripe:sk_live_123', 'stripe:?key=sk_live_123', 'sk_live_123']) {
    const { message, hint } = failure({ billingSource });
    expect(`${message} ${hint}`).not.toContain('sk_live_123');
  }
  expect(parseSettings({ billingSource: 'stripe:?parent=group' }).billingSource).toBe('stripe:?parent=group');
});

it('passes over what is of CDK', () => {
  expect(parseSettings({ ...flags.context, 'aws:cdk:version': '2', 'availability-zones:x': [] })).toEqual(
    parseSettings({}),
  );
});

describe('refuses', () => {
  it.each([
    ['a misspelt setting', { reportDya: 3 }, 'reportDya'],
    ['a day that not every month has', { reportDay: 29 }, 'reportDay'],
    ['half an hour', { reportHour: '7.5' }, 'reportHour'],
    ['an alarm before the report', { reportDay: 6, reportByDay: 6 }, 'reportByDay'],
    ['another lock', { archiveLock: 'governance' }, 'archiveLock'],
    ['a retention that CloudWatch does not have', { logRetentionDays: 100 }, 'logRetentionDays'],
    ['what is no address', { opsRecipients: 'ops' }, 'opsRecipients'],
    ['what is no identity', { identityArn: 'finance.example.com' }, 'identityArn'],
    ['an unknown billing system', { billingSource: 'billing/months' }, 'must begin with one of stripe:'],
    ['a setting that it does not have', { billingSource: 'stripe:?secret=x' }, 'it has a setting that is none of'],
    ['months made of invoices', { billingSource: 'stripe:?basis=invoiced' }, 'makes none of invoices'],
  ])('%s', (_told, context, name) => expect(failure(context).message).toContain(name));

  it('all faults at once, as a fault of usage with the names there are', () => {
    const { kind, message, hint } = failure({ reportDay: 0, removal: 'maybe' });
    expect(message).toContain('reportDay');
    expect(message).toContain('removal');
    expect([kind, hint]).toEqual(['usage', expect.stringContaining('archiveRetentionDays')]);
  });
});
