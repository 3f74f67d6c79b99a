/** Whatever way an execution ends badly, the function that records it and tells ops is called. */
import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

export type FailuresProps = { readonly machine: StateMachine; readonly failed: Lambda };

export class Failures extends Construct {
  constructor(scope: Construct, id: string, { machine, failed }: FailuresProps) {
    super(scope, id);
    new Rule(this, 'Ended', {
      description: 'A run of the retention report ended without a report',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [machine.stateMachineArn] },
      },
      targets: [new LambdaFunction(failed, { retryAttempts: 20, maxEventAge: Duration.hours(6) })],
    });
  }
}
