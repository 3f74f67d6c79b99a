/** Whether anybody hears a stack's alarms. */
import { paginateListSubscriptionsByTopic } from '@aws-sdk/client-sns';
import { type Check, counted, ok, warn } from '../doctor/check.ts';
import { asking } from './aws-error.ts';
import { type Examined, notTold, withRight } from './examined.ts';

/** What SNS has in place of the ARN of a subscription. */
const pending = 'PendingConfirmation';

const subscribed = async ({ sns, outputs: { OpsTopicArn: topic } }: Examined): Promise<Check[]> => {
  if (topic === undefined) return [notTold('alarms', 'its ops topic')];
  const arns = await asking('ask who hears alarms', async () => {
    const all: string[] = [];
    for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topic }))
      all.push(...Subscriptions.map(({ SubscriptionArn = pending }) => SubscriptionArn));
    return all;
  });
  const waiting = arns.filter((arn) => arn === pending).length;
  const heard = arns.filter((arn) => arn.startsWith('arn:')).length;
  const seen = `${counted(heard, 'address', 'addresses')} confirmed`;
  if (heard === 0 && waiting === 0)
    return [
      warn(
        'alarms',
        'nobody is subscribed to the ops topic: alarms reach nobody',
        'Deploy it with one: npx cdk deploy -c opsRecipients=ops@example.com',
      ),
    ];
  if (waiting > 0)
    return [
      warn(
        'alarms',
        `${seen}, ${waiting} not yet`,
        'Follow the link in the mail that SNS sent there; it holds for three days, then deploy again.',
      ),
    ];
  return [ok('alarms', seen)];
};

export const alarmChecks = (examined: Examined): Promise<Check[]> =>
  withRight('alarms', 'sns:ListSubscriptionsByTopic', () => subscribed(examined));
