/** Whether anybody hears a stack's alarms. */
import { paginateListSubscriptionsByTopic } from '@aws-sdk/client-sns';
import { type Check, counted, ok, warn } from '../doctor/check.ts';
import { asking } from './aws-error.ts';
import { deployedAgain, type Examined, notTold, withRight } from './examined.ts';

/** What SNS has in place of the ARN of a subscription. */
const pending = 'PendingConfirmation';

const subscribed = async (examined: Examined): Promise<Check[]> => {
  const { sns, outputs } = examined;
  const { OpsTopicArn: topic, OpsRecipients: recipients = '0' } = outputs;
  if (topic === undefined) return [notTold('alarms', 'its ops topic', examined)];
  const arns = await asking('ask who hears alarms', async () => {
    const all: string[] = [];
    for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topic }))
      all.push(...Subscriptions.map(({ SubscriptionArn = pending }) => SubscriptionArn));
    return all;
  });
  const waiting = arns.filter((arn) => arn === pending).length;
  const heard = arns.filter((arn) => arn.startsWith('arn:')).length;
  // SNS forgets who does not confirm within days: those are in no list, and a deployment without a change mails nobody.
  const expected = Math.max(parseInt(recipients, 10), heard + waiting);
  if (expected === 0)
    return [
      warn(
        'alarms',
        'nobody is subscribed to the ops topic: alarms reach nobody',
        deployedAgain(examined, ['opsRecipients=ops@example.com']),
      ),
    ];
  const seen = `${counted(heard, 'address', 'addresses')} confirmed`;
  if (heard < expected)
    return [
      warn(
        'alarms',
        `${seen} of the ${expected} that are to hear alarms, ${waiting} asked and not confirmed yet`,
        `Follow the link in the mail that SNS sent there. Where it has run out: aws sns subscribe --topic-arn ${topic} --protocol email --notification-endpoint <address>`,
      ),
    ];
  return [ok('alarms', seen)];
};

export const alarmChecks = (examined: Examined): Promise<Check[]> =>
  withRight('alarms', 'sns:ListSubscriptionsByTopic', () => subscribed(examined));
