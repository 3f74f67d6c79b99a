/** The state machine, its role, and the starter's right to start it. */
import { type Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { allow, roleFor } from './access.ts';
import type { Functions } from './functions.ts';
import type { HandlerName } from './handler-names.ts';
import type { Ops } from './ops.ts';
import { stateMachine } from './state-machine.ts';

export type PipelineProps = { readonly functions: Functions; readonly ops: Ops; readonly timeout: Duration };

const steps: readonly HandlerName[] = ['pull', 'validate', 'ingest', 'measure', 'archive', 'deliver'];

export class Pipeline extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, { functions, ops, timeout }: PipelineProps) {
    super(scope, id);
    const functionArn = (name: HandlerName) => functions.get(name).functionArn;
    const pulls = functions.has('pull');
    const role = roleFor(this, 'Role', {
      service: 'states.amazonaws.com',
      description: 'Calls the steps of the retention report',
      access: [allow(['lambda:InvokeFunction'], steps.filter((name) => functions.has(name)).map(functionArn))],
      trust: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(
        Stack.of(this).toJsonString(stateMachine({ functionArn, timeoutSeconds: timeout.toSeconds(), pulls })),
      ),
      role,
      tracingEnabled: true,
      // Who gets the report is nothing for logs; what a step was told stands in the lake under runs/.
      logs: { destination: ops.logGroup(this, 'Logs'), level: LogLevel.ALL, includeExecutionData: false },
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray and the delivery of logs know no resources: AWS documents both with "*".',
    });
    const starter = functions.get('starter');
    starter.addEnvironment('STATE_MACHINE_ARN', this.machine.stateMachineArn);
    starter.addToRolePolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [this.machine.stateMachineArn] }),
    );
  }
}
