/** The key of a billing system as Secrets Manager hands it over: alone or as JSON, asked for once, quoted nowhere. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretKey } from '../../functions/adapters/secretsmanager-key.ts';

const secret = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:BillingKey-AbCdEf';

let answer: { readonly status: number; readonly body: Readonly<Record<string, string>> };
const asked: { target: string; body: string }[] = [];

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await Array.fromAsync(request)).toString('utf8');
  asked.push({ target: `${request.headers['x-amz-target']}`, body });
  response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(answer.body));
});

let client: SecretsManagerClient;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new SecretsManagerClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
});
afterAll(() => {
  client.destroy();
  server.close();
});
beforeEach(() => {
  asked.length = 0;
});

const keyIn = (text: string) => {
  answer = { status: 200, body: { ARN: secret, SecretString: text } };
  return secretKey({ client, secret, title: 'Stripe' });
};

describe('a secret', () => {
  it.each([
    ['the key alone', 'rk_live_x'],
    ['the key and the newline of an editor', ' rk_live_x\n'],
    ['a document, as the console writes it', '{"apiKey":"rk_live_x"}'],
    ['a document with more in it', '{"apiKey":" rk_live_x ","generated":"y"}'],
  ])('that holds %s', async (_told, text) => expect(await keyIn(text)()).toBe('rk_live_x'));

  it('is asked for when it is needed, and once', async () => {
    const key = keyIn('rk_live_x');
    expect(asked).toEqual([]);
    await Promise.all([key(), key()]);
    await key();
    expect(asked).toEqual([{ target: 'secretsmanager.GetSecretValue', body: JSON.stringify({ SecretId: secret }) }]);
  });

  it.each([
    ['nothing', ''],
    ['the empty key that it was made with', '{"apiKey":"","generated":"s3cr3t"}'],
    ['a document of something else', '{"password":"s3cr3t"}'],
    ['a broken document', '{"apiKey":"s3cr3t"'],
    ['what cannot stand in a header', 's3cr3t and more'],
  ])('that holds %s says so, without a word of it', async (_told, text) => {
    const failed = await keyIn(text)().catch((error: unknown) => error);
    expect(failed).toMatchObject({
      kind: 'usage',
      code: 'BILLING_KEY',
      message: 'The secret holds no key of Stripe yet',
      hint: expect.stringContaining(`aws secretsmanager put-secret-value --secret-id ${secret}`),
    });
    expect(`${failed} ${JSON.stringify(failed)}`).not.toContain('s3cr3t');
  });

  it('that cannot be read is a dependency that failed', async () => {
    const key = keyIn('rk_live_x');
    answer = { status: 400, body: { __type: 'AccessDeniedException', message: 'not authorized' } };
    await expect(key()).rejects.toMatchObject({
      kind: 'dependency',
      code: 'SECRET_UNREADABLE',
      message: 'Could not read the secret with the key of Stripe: AccessDeniedException',
    });
  });
});
