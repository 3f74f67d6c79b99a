/** Mails the archived report, once to each recipient. */
import { z } from 'zod';
import { awsClock, awsConfig, awsMailer, awsMetric, awsOpsRecipients, awsStore } from '../compose-aws.ts';
import { step } from '../lambda-step.ts';
import { stepEventSchema } from '../run-record.ts';
import { deliverStep, unknownDelivery } from '../steps.ts';

const eventSchema = stepEventSchema.extend({ archived: z.object({ revision: z.int().positive() }) });

export const handler = step(eventSchema, awsStore, async ({ run, request, archived }) => {
  const world = { store: awsStore(), mailer: awsMailer(), clock: awsClock };
  const config = await awsConfig();
  const deliveries = await deliverStep(run, request, archived.revision, awsOpsRecipients(), config, world);
  const unknown = unknownDelivery(deliveries);
  awsMetric('DeliveryUnknown', unknown === null ? 0 : 1);
  if (unknown !== null) throw unknown;
  return { deliveries: deliveries.length };
});
