/** SES's query protocol on loopback, for the real SDK: takes raw messages, or fails as it is told to. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { SESClient } from '@aws-sdk/client-ses';

export type SentMail = {
  readonly source: string;
  readonly destinations: readonly string[];
  readonly configurationSet: string | null;
  readonly sourceArn: string | null;
  readonly bytes: Buffer;
};

/** An error instead of the work; a connection that breaks, or falls silent, after the work; one that breaks before it. */
export type SesFault =
  | { readonly status: number; readonly code: string; readonly message: string }
  | 'lost answer'
  | 'silent'
  | 'garbled'
  | 'cut request';

export type FakeSes = {
  readonly endpoint: string;
  /** What SES took, in order. */
  readonly mails: readonly SentMail[];
  /** Requests so far, those that failed included. */
  asked(): number;
  /** The next `times` requests fail so. */
  fail(fault: SesFault, times?: number): void;
  /** From now on mail to this address is rejected. */
  refuse(recipient: string): void;
  client(options?: { readonly maxAttempts?: number }): SESClient;
  close(): Promise<void>;
};

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const namespace = 'xmlns="http://ses.amazonaws.com/doc/2010-12-01/"';

const taken = (id: string) =>
  `<SendRawEmailResponse ${namespace}><SendRawEmailResult><MessageId>${id}</MessageId></SendRawEmailResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></SendRawEmailResponse>`;

const refusal = (code: string, message: string) =>
  `<ErrorResponse ${namespace}><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`;

const formOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
};

const mailOf = (form: URLSearchParams): SentMail => ({
  source: form.get('Source') ?? '',
  destinations: [...form].filter(([name]) => name.startsWith('Destinations.member.')).map(([, address]) => address),
  configurationSet: form.get('ConfigurationSetName'),
  sourceArn: form.get('SourceArn'),
  bytes: Buffer.from(form.get('RawMessage.Data') ?? '', 'base64'),
});

export const openFakeSes = async (): Promise<FakeSes> => {
  const mails: SentMail[] = [];
  const refused = new Set<string>();
  const faults: SesFault[] = [];
  const clients: SESClient[] = [];
  let asked = 0;

  const server = createServer(async (request, response) => {
    const form = await formOf(request);
    asked += 1;
    const give = (status: number, body: string) => response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
    const fault = faults.shift();
    if (fault === 'cut request') return request.socket.destroy();
    if (typeof fault === 'object') return give(fault.status, refusal(fault.code, fault.message));
    if (form.get('Action') !== 'SendRawEmail') return give(400, refusal('InvalidAction', 'only SendRawEmail is known'));
    const mail = mailOf(form);
    const gone = mail.destinations.find((address) => refused.has(address));
    if (gone !== undefined)
      return give(
        400,
        refusal(
          'MessageRejected',
          `Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: ${gone}`,
        ),
      );
    mails.push(mail);
    if (fault === 'lost answer') return request.socket.destroy();
    if (fault === 'silent') return;
    return give(200, fault === 'garbled' ? '<html>a proxy was here</html>' : taken(`0107${mails.length}-ses`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  const endpoint = `http://127.0.0.1:${address.port}`;

  return {
    endpoint,
    mails,
    asked: () => asked,
    fail: (fault, times = 1) => void faults.push(...Array.from({ length: times }, () => fault)),
    refuse: (recipient) => void refused.add(recipient),
    client({ maxAttempts = 1 } = {}) {
      const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
      const client = new SESClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts });
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
