/** Whether the billing system's key has been put into its secret. What the secret holds is not read. */
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { putKeyHint } from '../billing-secret.ts';
import { type Check, fail, ok } from '../doctor/check.ts';
import { asking } from './aws-error.ts';
import { type Examined, notTold, withRight } from './examined.ts';

const described = async (examined: Examined): Promise<Check[]> => {
  const { secrets, outputs } = examined;
  const { BillingSource: address, BillingSecretArn: secret } = outputs;
  if (address === undefined) return [];
  if (secret === undefined) return [notTold('key', 'where its key is', examined)];
  const { VersionIdsToStages: versions = {}, DeletedDate: deleted } = await asking(
    'look at the secret of the key',
    () => secrets.send(new DescribeSecretCommand({ SecretId: secret })),
  );
  if (deleted !== undefined)
    return [
      fail(
        'key',
        'usage',
        `the secret with the key for ${address} is being deleted`,
        `Keep it: aws secretsmanager restore-secret --secret-id ${secret}`,
      ),
    ];
  // A deployment makes the secret with an empty key in its first version; putting one in makes another.
  if (Object.values(versions).filter((stages) => stages.length > 0).length < 2)
    return [fail('key', 'usage', `nobody has put a key for ${address} into its secret yet`, putKeyHint(secret))];
  return [ok('key', `a key for ${address} is in its secret; whether the billing system takes it, a run tells`)];
};

export const keyChecks = (examined: Examined): Promise<Check[]> =>
  withRight('key', 'secretsmanager:DescribeSecret', () => described(examined));
