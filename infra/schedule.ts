/** When things happen, in the reporting time zone: the report once a month, the look whether it is there. */
import { Stack } from 'aws-cdk-lib';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { allow, encrypt, roleFor } from './access.ts';
import type { Ops } from './ops.ts';

export type ScheduleProps = {
  readonly timeZone: string;
  readonly day: number;
  readonly hour: number;
  readonly starter: Lambda;
  readonly watch: Lambda;
  readonly ops: Ops;
};

/**
 * Four looks a day rather than one: the alarm asks for one in twelve hours, and a look that comes a few seconds late
 * must not raise it.
 */
const looks = 'cron(30 1,7,13,19 * * ? *)';

export class Schedule extends Construct {
  readonly group: string;
  /** When the report is made, as the scheduler reads it, in the reporting time zone. */
  readonly monthly: string;

  constructor(scope: Construct, id: string, { timeZone, day, hour, starter, watch, ops }: ScheduleProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.group = stack.stackName;
    this.monthly = `cron(0 ${hour} ${day} * ? *)`;
    const group = new CfnScheduleGroup(this, 'Group', { name: this.group });
    const role = roleFor(this, 'Role', {
      service: 'scheduler.amazonaws.com',
      description: 'Starts the retention report and the watch over it',
      access: [
        allow(['lambda:InvokeFunction'], [starter.functionArn, watch.functionArn]),
        allow(['sqs:SendMessage'], [ops.deadLetters.queueArn]),
        encrypt(ops.key, 'sqs'),
      ],
      trust: {
        StringEquals: {
          'aws:SourceAccount': stack.account,
          'aws:SourceArn': stack.formatArn({
            service: 'scheduler',
            resource: 'schedule-group',
            resourceName: this.group,
          }),
        },
      },
    });
    const at = (name: string, description: string, expression: string, target: Lambda, input: object) =>
      new CfnSchedule(this, name, {
        description,
        groupName: group.ref,
        scheduleExpression: expression,
        scheduleExpressionTimezone: timeZone,
        flexibleTimeWindow: { mode: 'OFF' },
        state: 'ENABLED',
        target: {
          arn: target.functionArn,
          roleArn: role.roleArn,
          input: JSON.stringify(input),
          deadLetterConfig: { arn: ops.deadLetters.queueArn },
          retryPolicy: { maximumEventAgeInSeconds: 6 * 3600, maximumRetryAttempts: 20 },
        },
      });
    at('Monthly', 'Makes the report of the month before', this.monthly, starter, {
      scheduledTime: '<aws.scheduler.scheduled-time>',
    });
    at('Watch', 'Looks whether the report is there', looks, watch, {});
  }
}
