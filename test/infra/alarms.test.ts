/** What the template says about being told: alarms, the topic they go to, and what becomes of mails. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { account, region } from './resolve.ts';
import { synthesize } from './synthesize.ts';

const stack = synthesize({ opsRecipients: 'ops@example.com,oncall@example.com' });
const topic = stack.arn(stack.one('AWS::SNS::Topic').id);
const machine = stack.arn(stack.one('AWS::StepFunctions::StateMachine').id);
const set = stack.one('AWS::SES::ConfigurationSet').id;
const alarm = (name: string) => stack.one('AWS::CloudWatch::Alarm', `Alarms${name}`).properties;

describe('the alarms', () => {
  it.each([
    [
      'RunFailed',
      {
        Namespace: 'AWS/States',
        MetricName: 'ExecutionsFailed',
        Dimensions: [{ Name: 'StateMachineArn', Value: machine }],
      },
    ],
    ['RunTimedOut', { Namespace: 'AWS/States', MetricName: 'ExecutionsTimedOut' }],
    ['RunAborted', { Namespace: 'AWS/States', MetricName: 'ExecutionsAborted' }],
    ['DeadLetters', { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible' }],
    [
      'ScheduleDropped',
      {
        Namespace: 'AWS/Scheduler',
        MetricName: 'InvocationDroppedCount',
        Dimensions: [{ Name: 'ScheduleGroup', Value: 'retention' }],
      },
    ],
    ['ReportIncomplete', { Namespace: 'Retention/retention', MetricName: 'ReportIncomplete' }],
    ['MailUnknown', { Namespace: 'Retention/retention', MetricName: 'DeliveryUnknown' }],
    [
      'MailBounced',
      { Namespace: 'AWS/SES', MetricName: 'Bounce', Dimensions: [{ Name: 'ses:configuration-set', Value: set }] },
    ],
    ['MailComplaint', { Namespace: 'AWS/SES', MetricName: 'Complaint' }],
    ['MailRejected', { Namespace: 'AWS/SES', MetricName: 'Reject' }],
  ])('%s goes off at the first', (name, metric) => {
    expect(alarm(name)).toMatchObject({
      ...metric,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('a missing report goes off, and so does a missing answer', () => {
    expect(alarm('ReportMissing')).toMatchObject({
      Namespace: 'Retention/retention',
      MetricName: 'ReportOnTime',
      Statistic: 'Minimum',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('the answer is looked for over more hours than lie between two looks', () => {
    const gaps = 6 * 3600;
    expect(alarm('ReportMissing').Period).toBeGreaterThan(gaps);
  });

  const metricsOf = (name: string) =>
    z
      .array(
        z.object({
          MetricStat: z
            .object({
              Metric: z.object({
                MetricName: z.string(),
                Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })),
              }),
            })
            .optional(),
        }),
      )
      .parse(alarm(name).Metrics)
      .flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));

  it.each([
    ['FunctionErrors', 'Errors'],
    ['FunctionThrottles', 'Throttles'],
  ])('%s hears of every function', (name, metric) => {
    const heard = metricsOf(name);
    expect(new Set(heard.map(({ MetricName }) => MetricName))).toEqual(new Set([metric]));
    expect(heard.flatMap(({ Dimensions }) => Dimensions.map(({ Value }) => Value)).sort()).toEqual(
      stack
        .all('AWS::Lambda::Function')
        .map(({ id }) => id)
        .sort(),
    );
  });

  it('the bytes of failed and cancelled queries count, for they are paid for', () => {
    const states = metricsOf('BytesScanned').flatMap(({ Dimensions }) =>
      Dimensions.filter(({ Name }) => Name === 'QueryState'),
    );
    expect(states.map(({ Value }) => Value).sort()).toEqual(['CANCELED', 'FAILED', 'SUCCEEDED']);
    expect(alarm('BytesScanned').Threshold).toBe(500_000_000_000);
  });

  it('all go to the ops topic', () => {
    const elsewhere = stack
      .all('AWS::CloudWatch::Alarm')
      .filter(({ properties }) => JSON.stringify(properties.AlarmActions) !== JSON.stringify([topic]));
    expect(elsewhere.map(({ id }) => id)).toEqual([]);
  });

  it('all say what to do', () => {
    const mute = stack
      .all('AWS::CloudWatch::Alarm')
      .filter(({ properties }) => `${properties.AlarmDescription ?? ''}`.length < 20);
    expect(mute.map(({ id }) => id)).toEqual([]);
  });
});

describe('the ops topic', () => {
  const statements = z
    .object({ Statement: z.array(z.looseObject({ Effect: z.string(), Principal: z.unknown() })) })
    .parse(stack.one('AWS::SNS::TopicPolicy').properties.PolicyDocument).Statement;

  it('is encrypted by a key that alarms and SES may use', () => {
    const key = stack.one('AWS::KMS::Key', 'OpsKey');
    expect(stack.one('AWS::SNS::Topic').properties.KmsMasterKeyId).toBe(stack.arn(key.id));
    expect(key.properties.KeyPolicy).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Principal: { Service: ['cloudwatch.amazonaws.com', 'ses.amazonaws.com'] },
        }),
      ]),
    });
  });
  it('takes nothing without TLS', () => {
    expect(statements).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });
  it('takes alarms of this account', () => {
    expect(statements).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
  });
  it('takes what SES says of our own mails', () => {
    const sourceArn = `arn:aws:ses:${region}:${account}:configuration-set/${set}`;
    expect(statements).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'ses.amazonaws.com' },
        Condition: { StringEquals: { 'AWS:SourceAccount': account, 'AWS:SourceArn': sourceArn } },
      }),
    );
  });
  it('reaches everybody of ops', () => {
    const endpoints = stack
      .all('AWS::SNS::Subscription')
      .map(({ properties }) => [properties.Protocol, properties.Endpoint]);
    expect(endpoints.sort()).toEqual([
      ['email', 'oncall@example.com'],
      ['email', 'ops@example.com'],
    ]);
  });
});

it('dead letters are encrypted and kept for two weeks', () => {
  expect(stack.one('AWS::SQS::Queue').properties).toMatchObject({
    KmsMasterKeyId: stack.arn(stack.one('AWS::KMS::Key', 'OpsKey').id),
    MessageRetentionPeriod: 14 * 86_400,
  });
});

describe('the mail', () => {
  it('is signed for the domain of the sender, and returns below it', () => {
    expect(stack.one('AWS::SES::EmailIdentity').properties).toMatchObject({
      EmailIdentity: 'finance.example.com',
      DkimAttributes: { SigningEnabled: true },
      MailFromAttributes: { MailFromDomain: 'bounce.finance.example.com' },
    });
  });
  it('goes by TLS or not at all', () => {
    expect(stack.one('AWS::SES::ConfigurationSet').properties.DeliveryOptions).toEqual({ TlsPolicy: 'REQUIRE' });
  });
  it.each(['Ops', 'Metrics'])('tells of trouble: %s', (destination) => {
    expect(
      stack.one('AWS::SES::ConfigurationSetEventDestination', `ConfigurationSet${destination}`).properties,
    ).toMatchObject({
      EventDestination: {
        Enabled: true,
        MatchingEventTypes: expect.arrayContaining(['bounce', 'complaint', 'reject', 'deliveryDelay']),
      },
    });
  });
  it('says the DNS records that make it trusted', () => {
    expect(stack.outputs.get('DmarcRecord')).toMatch(
      /^_dmarc\.finance\.example\.com TXT "v=DMARC1; p=none; adkim=r; aspf=r" \(only where/,
    );
    expect(stack.outputs.get('MailFromMxRecord')).toBe(
      `bounce.finance.example.com MX 10 feedback-smtp.${region}.amazonses.com`,
    );
  });
  it('uses an identity that is managed elsewhere', () => {
    const identityArn = 'arn:aws:ses:eu-central-1:444455556666:identity/finance.example.com';
    const shared = synthesize({ identityArn });
    expect(shared.all('AWS::SES::EmailIdentity')).toEqual([]);
    expect(shared.one('AWS::Lambda::Function', 'Functionsdeliver').properties.Environment).toMatchObject({
      Variables: { SES_IDENTITY_ARN: identityArn },
    });
  });
  it('makes no identity of a sender without a domain', () => {
    expect(synthesize({}, { sender: 'retention-report@localhost' }).all('AWS::SES::EmailIdentity')).toEqual([]);
  });
  it('does not return to a domain of somebody else', () => {
    expect(() => synthesize({ mailFromDomain: 'bounce.example.org' })).toThrow('is not below');
  });
});
