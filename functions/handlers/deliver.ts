/** Mails the archived report, once to each recipient. */
import { z } from 'zod';
import { awsClock, awsConfig, awsMailer, awsMetric, awsOpsRecipients, awsStore } from '../compose-aws.ts';
import { ReportError } from '../errors.ts';
import { step } from '../lambda-step.ts';
import { stepEventSchema } from '../run-record.ts';
import { deliverStep } from '../steps.ts';

const eventSchema = stepEventSchema.extend({ archived: z.object({ revision: z.int().positive() }) });

/** Whether it is not known if a mail arrived: a person has to look, and an alarm calls one. */
const isUnknown = (error: unknown) => error instanceof ReportError && error.code.endsWith('_UNKNOWN');

export const handler = step(eventSchema, awsStore, async ({ run, request, archived }) => {
  const world = { store: awsStore(), mailer: awsMailer(), clock: awsClock };
  const config = await awsConfig();
  try {
    const deliveries = await deliverStep(run, request, archived.revision, awsOpsRecipients(), config, world);
    awsMetric('DeliveryUnknown', 0);
    return { deliveries: deliveries.length };
  } catch (error) {
    awsMetric('DeliveryUnknown', isUnknown(error) ? 1 : 0);
    throw error;
  }
});
