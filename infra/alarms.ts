/** What wakes people. Every alarm goes to the ops topic, and says what to do. */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import type { Functions } from './functions.ts';
import { configurationSetDimension, type Mail } from './mail.ts';
import type { Ops } from './ops.ts';
import type { Pipeline } from './pipeline.ts';

export type AlarmsProps = {
  readonly metricNamespace: string;
  readonly workgroup: string;
  readonly scheduleGroup: string;
  readonly scanAlarmGb: number;
  readonly functions: Functions;
  readonly pipeline: Pipeline;
  readonly mail: Mail;
  readonly ops: Ops;
};

const gigabyte = 1_000_000_000;

export class Alarms extends Construct {
  /** The metrics behind the alarms, for the dashboard. */
  readonly metrics: Readonly<Record<'runs' | 'report' | 'mail' | 'bytes' | 'functions', readonly IMetric[]>>;
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { machine } = props.pipeline;
    const short = { statistic: Stats.SUM, period: Duration.minutes(5) };
    const failed = machine.metricFailed(short);
    const timedOut = machine.metricTimedOut(short);
    const aborted = machine.metricAborted(short);
    const onTime = new Metric({
      namespace: props.metricNamespace,
      metricName: 'ReportOnTime',
      statistic: Stats.MINIMUM,
      period: Duration.hours(12),
    });
    const unknown = new Metric({ namespace: props.metricNamespace, metricName: 'DeliveryUnknown', ...short });
    const incomplete = new Metric({ namespace: props.metricNamespace, metricName: 'ReportIncomplete', ...short });
    const deadLetters = props.ops.deadLetters.metricApproximateNumberOfMessagesVisible({
      statistic: Stats.MAXIMUM,
      period: Duration.minutes(5),
    });
    const dropped = new Metric({
      namespace: 'AWS/Scheduler',
      metricName: 'InvocationDroppedCount',
      dimensionsMap: { ScheduleGroup: props.scheduleGroup },
      ...short,
    });
    const mail = (metricName: string) =>
      new Metric({
        namespace: 'AWS/SES',
        metricName,
        dimensionsMap: { [configurationSetDimension]: props.mail.configurationSetName },
        ...short,
      });
    const bounces = mail('Bounce');
    const complaints = mail('Complaint');
    const rejects = mail('Reject');
    const bytes = scannedBytes(props.workgroup);
    const errors = sumOf(
      'errors',
      'Errors of functions',
      props.functions.all.map((one) => one.metricErrors(short)),
    );
    const throttles = sumOf(
      'throttles',
      'Throttles of functions',
      props.functions.all.map((one) => one.metricThrottles(short)),
    );

    const above = (name: string, alarmDescription: string, metric: IMetric, threshold = 0) =>
      this.alarm(props.ops, name, alarmDescription, metric, {
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
    this.all = [
      above(
        'RunFailed',
        'A run failed. Its error names the next step; details: runs/<execution>/failure.json.',
        failed,
      ),
      above('RunTimedOut', 'A run took longer than allowed. Run the month again: what is finished is used.', timedOut),
      above('RunAborted', 'Somebody stopped a run. Run the month again when it should be reported.', aborted),
      this.alarm(
        props.ops,
        'ReportMissing',
        'The report of last month is not archived in time, or nobody looked for twelve hours. Run the month; see why the schedule did not.',
        onTime,
        {
          comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
          threshold: 1,
          // Silence is not good news: a watch that does not run must wake somebody too.
          treatMissingData: TreatMissingData.BREACHING,
        },
      ),
      above(
        'ReportIncomplete',
        'A report went out without a chart, its board pack, its workbook or its place in the index: the log of the function archive says why. Mend it and run the month again.',
        incomplete,
      ),
      above(
        'DeadLetters',
        'A schedule could not start what it should. Read the message in the queue, mend, run the month.',
        deadLetters,
      ),
      above('ScheduleDropped', 'A schedule gave up on an event. Run the month by hand.', dropped),
      above(
        'MailUnknown',
        'Nobody knows whether a mail was sent. Ask the recipient; send it again with --resend if not.',
        unknown,
      ),
      above(
        'MailBounced',
        'A mail came back. The message on this topic names the recipient: correct the address.',
        bounces,
      ),
      above(
        'MailComplaint',
        'A recipient marked the report as spam. Take the address out of the recipients.',
        complaints,
      ),
      above('MailRejected', 'SES refused a mail for what it holds.', rejects),
      above(
        'BytesScanned',
        'Athena read more in a day than expected: see the history of the workgroup.',
        bytes,
        props.scanAlarmGb * gigabyte,
      ),
      above(
        'FunctionErrors',
        'A function failed, perhaps before it was tried again with success: see its log.',
        errors,
      ),
      above('FunctionThrottles', 'Functions are throttled: the account has too little concurrency.', throttles),
    ];
    this.metrics = {
      runs: [machine.metricStarted(short), machine.metricSucceeded(short), failed, timedOut],
      report: [onTime, incomplete, deadLetters, dropped],
      mail: [mail('Send'), mail('Delivery'), bounces, complaints, rejects, unknown],
      bytes: [bytes],
      functions: [errors, throttles],
    };
  }

  private alarm(
    ops: Ops,
    name: string,
    alarmDescription: string,
    metric: IMetric,
    rule: Pick<ConstructorParameters<typeof Alarm>[2], 'comparisonOperator' | 'threshold' | 'treatMissingData'>,
  ): Alarm {
    const alarm = new Alarm(this, name, { alarmDescription, metric, evaluationPeriods: 1, ...rule });
    alarm.addAlarmAction(new SnsAction(ops.topic));
    return alarm;
  }
}

/** `id` keeps the metrics of one graph apart. */
const sumOf = (id: string, label: string, metrics: readonly IMetric[]) =>
  new MathExpression({
    label,
    expression: 'SUM(FILL(METRICS(), 0))',
    period: Duration.minutes(5),
    usingMetrics: Object.fromEntries(metrics.map((metric, at) => [`${id}${at}`, metric])),
  });

/** Athena counts by how a query ended; failed and cancelled ones read and cost as well. */
const scannedBytes = (workgroup: string) => {
  const period = Duration.days(1);
  const metrics = ['SUCCEEDED', 'FAILED', 'CANCELED'].map(
    (state) =>
      new Metric({
        namespace: 'AWS/Athena',
        metricName: 'ProcessedBytes',
        dimensionsMap: { QueryState: state, QueryType: 'DML', WorkGroup: workgroup },
        statistic: Stats.SUM,
        period,
      }),
  );
  return new MathExpression({
    label: 'Bytes scanned a day',
    expression: 'SUM(FILL(METRICS(), 0))',
    period,
    usingMetrics: Object.fromEntries(metrics.map((metric, at) => [`bytes${at}`, metric])),
  });
};
