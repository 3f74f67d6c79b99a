/** The key of a billing system from Secrets Manager. What the secret holds is in no message. */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { putKeyHint } from '../billing-secret.ts';
import { dependencyError, ReportError } from '../errors.ts';

export type SecretKeyOptions = {
  readonly client: SecretsManagerClient;
  /** Name or ARN of the secret. */
  readonly secret: string;
  /** Whose key it is, for messages. */
  readonly title: string;
};

const documentSchema = z.object({ apiKey: z.string() });

/** The key as the secret has it: alone, or as `apiKey` of a JSON document, as the console writes it. Null for neither. */
const keyIn = (text: string): string | null => {
  const plain = text.trim();
  if (!plain.startsWith('{')) return plain;
  try {
    return documentSchema.parse(JSON.parse(plain)).apiKey.trim();
  } catch {
    return null;
  }
};

/**
 * Asks for the key once. Throws `BILLING_KEY` of kind `usage` where the secret holds none yet, and `SECRET_UNREADABLE` of
 * kind `dependency` where it cannot be read.
 */
export const secretKey = ({ client, secret, title }: SecretKeyOptions): (() => Promise<string>) => {
  const read = async (): Promise<string> => {
    const { SecretString = '' } = await client
      .send(new GetSecretValueCommand({ SecretId: secret }))
      .catch((error: unknown) => {
        throw dependencyError(
          'SECRET_UNREADABLE',
          `Could not read the secret with the key of ${title}: ${error instanceof Error ? error.name : 'no answer'}`,
          'See that it exists, is not being deleted, and that its KMS key is enabled, then run the month again.',
          error,
        );
      });
    const key = keyIn(SecretString);
    if (key !== null && /^[\x21-\x7e]+$/.test(key)) return key;
    throw new ReportError('usage', 'BILLING_KEY', `The secret holds no key of ${title} yet`, putKeyHint(secret));
  };
  let asked: Promise<string> | undefined;
  return () => {
    asked ??= read();
    return asked;
  };
};
