/** How people hear of trouble: the topic they subscribe to, and the queue of what could not be started. */
import { Duration, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

export type OpsProps = {
  readonly recipients: readonly string[];
  readonly logRetentionDays: Settings['logRetentionDays'];
  readonly removal: RemovalPolicy;
};

export class Ops extends Construct {
  readonly key: Key;
  readonly topic: Topic;
  readonly deadLetters: Queue;
  private readonly logs: { readonly retention: RetentionDays; readonly removalPolicy: RemovalPolicy };

  constructor(scope: Construct, id: string, { recipients, logRetentionDays, removal }: OpsProps) {
    super(scope, id);
    this.logs = { retention: logRetentionDays, removalPolicy: removal };
    this.key = new Key(this, 'Key', {
      description: 'Logs, alarms and dead letters of the retention report',
      enableKeyRotation: true,
      removalPolicy: removal,
    });
    const { partition, region, account } = Stack.of(this);
    this.key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
          'kms:GenerateDataKey',
          'kms:DescribeKey',
        ],
        resources: ['*'],
        conditions: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
        },
      }),
    );
    // An alarm or a bounce that cannot use the key is lost without a word. Who may publish says the topic's own policy.
    for (const service of ['cloudwatch.amazonaws.com', 'ses.amazonaws.com'])
      this.key.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal(service)],
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: ['*'],
        }),
      );
    this.topic = new Topic(this, 'Topic', {
      displayName: 'Retention report',
      masterKey: this.key,
      enforceSSL: true,
    });
    // A policy of its own replaces the one that lets the account's alarms publish. SES is let in by its destination.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
    for (const recipient of recipients) this.topic.addSubscription(new EmailSubscription(recipient));
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: this.key,
      dataKeyReuse: Duration.hours(1),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: removal,
    });
    Validations.of(this.deadLetters).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is the dead-letter queue of the schedules and of what they start; an alarm watches it.',
    });
  }

  /** A log group that expires, encrypted. */
  logGroup(scope: Construct, id: string): LogGroup {
    return new LogGroup(scope, id, { ...this.logs, encryptionKey: this.key });
  }
}
