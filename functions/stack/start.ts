/** Asks the stack's starter for a run. */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { ReportError, usageError } from '../errors.ts';
import { type OpsRequest, opsRequestSchema, type Started, startedSchema } from '../run-record.ts';
import { asking } from './aws-error.ts';

/** How the starter calls the execution of a request: known beforehand, so that it can be found whatever happens. */
export const executionNameOf = ({ month, requestId }: OpsRequest): string => `ops-${month}-${requestId}`;

const refusalSchema = z.object({ errorType: z.string().catch(''), errorMessage: z.string().catch('') });

const parsedJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
};

/** Starts the run, or finds the one that this request has started already. */
export const startRun = async (
  client: LambdaClient,
  starter: string,
  request: z.input<typeof opsRequestSchema>,
): Promise<Started> => {
  const parsed = opsRequestSchema.safeParse(request);
  if (!parsed.success) throw usageError(z.prettifyError(parsed.error), 'Add --help to see how it is used.');
  const { FunctionError, Payload = new Uint8Array() } = await asking('start the run', () =>
    client.send(new InvokeCommand({ FunctionName: starter, Payload: JSON.stringify(parsed.data) })),
  );
  const answer = parsedJson(Payload);
  const logs = `Look into its log, which this names: aws lambda get-function-configuration --function-name ${starter} --query LoggingConfig.LogGroup`;
  if (FunctionError !== undefined) {
    const { errorType, errorMessage } = refusalSchema.catch({ errorType: '', errorMessage: '' }).parse(answer);
    const kind = errorType === 'USAGE' ? 'usage' : errorType === 'Dependency' ? 'dependency' : 'unexpected';
    throw new ReportError(
      kind,
      'NOT_STARTED',
      `the starter failed: ${errorType || FunctionError}: ${errorMessage}`,
      logs,
    );
  }
  const started = startedSchema.safeParse(answer);
  if (!started.success)
    throw new ReportError('unexpected', 'NOT_STARTED', 'the starter’s answer names no execution', logs, {
      cause: started.error,
    });
  return started.data;
};
