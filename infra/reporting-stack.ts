/** The stack: wiring only. Each part is a file beside this one. */
import { type App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Config } from '../functions/core/config.ts';
import { vendorOf } from '../functions/sources/billing/vendors.ts';
import { codeVersion } from '../functions/version.ts';
import { Alarms } from './alarms.ts';
import { Archive } from './archive.ts';
import { Dashboard } from './dashboard.ts';
import { DataLake } from './data-lake.ts';
import { Failures } from './failures.ts';
import { type Billing, type FunctionCode, Functions } from './functions.ts';
import { Mail } from './mail.ts';
import { Ops } from './ops.ts';
import { Pipeline } from './pipeline.ts';
import { Query } from './query.ts';
import { Schedule } from './schedule.ts';
import { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';

export type ReportingStackProps = {
  readonly settings: Settings;
  readonly config: Config;
  readonly code: FunctionCode;
};

export class ReportingStack extends Stack {
  constructor(app: App, { settings, config, code }: ReportingStackProps) {
    super(app, settings.stackName, { description: 'Retention report: from billing snapshots to the board, monthly' });
    const removal = settings.removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
    const { timeZone, sender } = config;
    const metricNamespace = `Retention/${settings.stackName}`;

    const ops = new Ops(this, 'Ops', {
      recipients: settings.opsRecipients,
      logRetentionDays: settings.logRetentionDays,
      removal,
    });
    const data = new DataLake(this, 'Data', {
      // Athena reads names in lower case, without hyphens.
      database: settings.stackName.toLowerCase().replaceAll('-', '_'),
      resultsExpireDays: settings.resultsExpireDays,
      removal,
    });
    const archive = new Archive(this, 'Archive', {
      lock: settings.archiveLock,
      retentionDays: settings.archiveRetentionDays,
      logs: data.logs,
      removal,
    });
    const query = new Query(this, 'Query', {
      name: settings.stackName,
      results: data.results,
      key: data.key,
      cutoffGb: settings.queryCutoffGb,
    });
    const billing = this.billing(settings.billingSource, { key: data.key, removal });
    const mail = new Mail(this, 'Mail', {
      sender,
      identityArn: settings.identityArn,
      mailFromDomain: settings.mailFromDomain,
      topic: ops.topic,
    });
    const functions = new Functions(this, 'Functions', {
      code,
      settings,
      metricNamespace,
      data,
      archive,
      query,
      mail,
      ops,
      billing,
    });
    const pipeline = new Pipeline(this, 'Pipeline', {
      functions,
      ops,
      timeout: Duration.hours(settings.runTimeoutHours),
    });
    new Failures(this, 'Failures', { machine: pipeline.machine, failed: functions.get('failed') });
    const schedule = new Schedule(this, 'Schedule', {
      timeZone,
      day: settings.reportDay,
      hour: settings.reportHour,
      starter: functions.get('starter'),
      watch: functions.get('watch'),
      ops,
    });
    const alarms = new Alarms(this, 'Alarms', {
      metricNamespace,
      workgroup: query.workgroup,
      scheduleGroup: schedule.group,
      scanAlarmGb: settings.scanAlarmGb,
      functions,
      pipeline,
      mail,
      ops,
    });
    new Dashboard(this, 'Dashboard', { name: settings.stackName, alarms });

    const outputs: Readonly<Record<string, string>> = {
      InboxBucket: data.inbox.bucketName,
      LakeBucket: data.lake.bucketName,
      ResultsBucket: data.results.bucketName,
      ArchiveBucket: archive.bucket.bucketName,
      StarterFunction: functions.get('starter').functionName,
      StateMachineArn: pipeline.machine.stateMachineArn,
      GlueDatabase: data.database,
      AthenaWorkgroup: query.workgroup,
      OpsTopicArn: ops.topic.topicArn,
      OpsRecipients: `${settings.opsRecipients.length}`,
      BoardPackPolicyArn: archive.boardPackPolicy.managedPolicyArn,
      ...(billing === null ? {} : { BillingSource: billing.address, BillingSecretArn: billing.secret.secretArn }),
      TimeZone: timeZone,
      Sender: sender,
      SenderIdentity: mail.identity,
      BoardRecipients: `${config.recipients.length}`,
      ReportSchedule: schedule.monthly,
      ReportByDay: `${settings.reportByDay}`,
      Version: codeVersion,
      ...Object.fromEntries(mail.records.map(({ id, text }) => [id, text])),
    };
    // The command line finds what it needs by these names.
    for (const [name, value] of Object.entries(outputs))
      new CfnOutput(this, `Output${name}`, { value }).overrideLogicalId(name);
  }

  /** Without an address nothing is pulled, and there is no secret to pay for. */
  private billing(address: string | undefined, props: ConstructorParameters<typeof Secrets>[2]): Billing | null {
    const vendor = address === undefined ? null : vendorOf(address);
    if (address === undefined || vendor === null) return null;
    return { vendor: vendor.name, address, secret: new Secrets(this, 'Secrets', props).billing };
  }
}
