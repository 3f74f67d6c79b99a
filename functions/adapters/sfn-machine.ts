/** Starts executions of a Step Functions state machine: one a name, however often it is asked. */
import { type SFNClient, SFNServiceException, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { dependencyError } from '../errors.ts';
import type { Started } from '../run-record.ts';

export type Machine = { start(name: string, input: unknown): Promise<Started> };

export const sfnMachine = ({ client, arn }: { client: SFNClient; arn: string }): Machine => ({
  async start(name, input) {
    // The same name and input is the same execution: while it runs Step Functions answers with it, afterwards it refuses.
    const executionArn = `${arn.replace(':stateMachine:', ':execution:')}:${name}`;
    try {
      const started = await client.send(
        new StartExecutionCommand({ stateMachineArn: arn, name, input: JSON.stringify(input) }),
      );
      return { executionName: name, executionArn: started.executionArn ?? executionArn };
    } catch (error) {
      if (error instanceof SFNServiceException && error.name === 'ExecutionAlreadyExists')
        return { executionName: name, executionArn };
      throw dependencyError(
        'START_FAILED',
        `the run ${name} could not be started: ${error instanceof Error ? error.message : error}`,
        'Look at the state machine in the Step Functions console; starting the same run again is safe.',
        error,
      );
    }
  },
});
