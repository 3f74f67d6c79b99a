/** The doctor against a deployed stack: opens what is asked, all of it by reading requests, and tells the diagnosis. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESClient } from '@aws-sdk/client-ses';
import { SNSClient } from '@aws-sdk/client-sns';
import { systemClock } from '../adapters/system-clock.ts';
import { dueMonth, examineStack } from '../stack/examine.ts';
import { tellDiagnosis } from './diagnosis.ts';
import type { DoctorOptions } from './options.ts';
import type { Context } from './place.ts';
import { withStack } from './stack-place.ts';

/** Prints the diagnosis and resolves with the exit code: that of the first check that failed. */
export const doctor = (
  { stack, month, json }: DoctorOptions & { readonly stack: string },
  { terminal, environment }: Context,
): Promise<number> =>
  withStack(stack, terminal, async (place) => {
    const [ses, sns, secrets] = [new SESClient({}), new SNSClient({}), new SecretsManagerClient({})];
    try {
      const now = systemClock(environment.SOURCE_DATE_EPOCH).now();
      const due = month ?? dueMonth(now, place.outputs);
      const diagnosis = await examineStack({ ...place, month: due, now, ses, sns, secrets });
      return tellDiagnosis(`The stack ${stack}`, diagnosis, json, terminal);
    } finally {
      for (const client of [ses, sns, secrets]) client.destroy();
    }
  });
