/** Tells people by an SNS topic. */
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { dependencyError } from '../errors.ts';

export type Topic = { publish(subject: string, text: string): Promise<void> };

/** SNS takes 256 KB; a person reads less. */
const longest = 20_000;

export const snsTopic = ({ client, arn }: { client: SNSClient; arn: string }): Topic => ({
  async publish(subject, text) {
    const message = text.length > longest ? `${text.slice(0, longest)}\n…` : text;
    try {
      await client.send(new PublishCommand({ TopicArn: arn, Subject: subject, Message: message }));
    } catch (error) {
      throw dependencyError(
        'OPS_NOT_TOLD',
        `the ops topic took no message: ${error instanceof Error ? error.message : error}`,
        'Look at the topic and its key in the console.',
        error,
      );
    }
  },
});
