/** The mailer that speaks SMTP, against a real server in this process. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, test } from 'vitest';
import { smtpMailer } from '../../functions/adapters/smtp-mailer.ts';
import { type Arrival, type MailerHarness, mailerContract, makeMail } from '../contract/mailer.ts';

const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
};

const openServer = async (options: SMTPServerOptions = {}) => {
  const arrivals: Arrival[] = [];
  const refused = new Set<string>();
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    logger: false,
    onRcptTo({ address }, _session, callback) {
      callback(refused.has(address) ? new Error(`no mailbox ${address} here`) : null);
    },
    onData(stream, { envelope }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const sender = envelope.mailFrom === false ? null : envelope.mailFrom.address;
        arrivals.push({
          bytes: Buffer.concat(chunks),
          sender,
          recipients: envelope.rcptTo.map(({ address }) => address),
        });
        callback(null, 'queued as 4711');
      });
    },
    ...options,
  });
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const port = portOf(listening);
  const close = () => new Promise<void>((resolve) => server.close(resolve));
  return { arrivals, refused, port, close };
};

mailerContract('smtp', async (): Promise<MailerHarness> => {
  const { arrivals, refused, port, close } = await openServer();
  return {
    mailer: smtpMailer({ host: '127.0.0.1', port }),
    arrivals: async () => arrivals,
    refuse: (recipient) => refused.add(recipient),
    close,
  };
});

const password = 'p@ss:w/rd-9f3';
const url = (port: number) => `smtp://robot:${encodeURIComponent(password)}@127.0.0.1:${port}`;

/** Everything a log could show of a failure. */
const toldBy = async (sending: Promise<string>): Promise<{ code: unknown; text: string }> => {
  const error: unknown = await sending.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('the mail was sent');
  return {
    code: 'code' in error ? error.code : undefined,
    text: `${error.message} ${'hint' in error ? error.hint : ''} ${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`,
  };
};

describe('envelope', () => {
  test('sender and recipient of the envelope are those of the message', async () => {
    const { arrivals, port, close } = await openServer();
    expect(await smtpMailer({ url: `smtp://127.0.0.1:${port}` }).send(makeMail())).toContain('queued as 4711');
    expect(arrivals[0]).toMatchObject({ sender: 'retention@example.com', recipients: ['cfo@example.com'] });
    await close();
  });

  test('twenty refused recipients are twenty failures, each with its name and the answer of the server', async () => {
    const { arrivals, refused, port, close } = await openServer();
    const mailer = smtpMailer({ host: '127.0.0.1', port });
    const recipients = Array.from({ length: 20 }, (_, index) => `gone${index}@example.com`);
    for (const to of recipients) refused.add(to);
    for (const to of recipients) {
      const { code, text } = await toldBy(mailer.send(makeMail({ to })));
      expect(code).toBe('SMTP_REJECTED');
      expect(text).toContain(`no mailbox ${to} here`);
    }
    expect(arrivals).toEqual([]);
    await close();
  });
});

describe('credentials', () => {
  const accepting: SMTPServerOptions = {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password: given }, _session, callback) =>
      username === 'robot' && given === password
        ? callback(null, { user: username })
        : callback(new Error(`wrong password ${given} for ${username}`)),
  };

  test('user and password of the address are percent-decoded', async () => {
    const { arrivals, port, close } = await openServer(accepting);
    await smtpMailer({ url: url(port) }).send(makeMail());
    expect(arrivals).toHaveLength(1);
    await close();
  });

  test('a refused password is told without the password, even when the server repeats it', async () => {
    const { port, close } = await openServer(accepting);
    const wrong = 'secret-wrong-1';
    const { code, text } = await toldBy(
      smtpMailer({ host: '127.0.0.1', port, user: 'robot', pass: wrong }).send(makeMail()),
    );
    expect(code).toBe('SMTP_AUTH');
    expect(text).toContain('wrong password ***');
    expect(text).not.toContain(wrong);
    expect(text).not.toContain(Buffer.from(wrong).toString('base64'));
    await close();
  });

  test('a server that asks for no password gets none, and no mail either', async () => {
    const { arrivals, port, close } = await openServer({ disabledCommands: ['AUTH'] });
    const { code } = await toldBy(smtpMailer({ url: url(port) }).send(makeMail()));
    expect(code).toMatch(/^SMTP_/);
    expect(arrivals).toEqual([]);
    await close();
  });

  test('where TLS is required, a server without it gets neither password nor mail', async () => {
    let asked = false;
    const { arrivals, port, close } = await openServer({
      allowInsecureAuth: true,
      onAuth(_auth, _session, callback) {
        asked = true;
        callback(null, { user: 'robot' });
      },
    });
    const { code, text } = await toldBy(smtpMailer({ url: url(port), requireTls: true }).send(makeMail()));
    expect(code).toMatch(/^SMTP_/);
    expect(text).not.toContain(password);
    expect(asked).toBe(false);
    expect(arrivals).toEqual([]);
    await close();
  });
});

describe('a server that is no help', () => {
  const openSilent = async (greeting: string) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      if (greeting !== '') socket.write(greeting);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: portOf(server), close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
  };

  test('one that never greets is a timeout', async () => {
    const { port, close } = await openSilent('');
    const { code } = await toldBy(smtpMailer({ host: '127.0.0.1', port, timeoutMs: 200 }).send(makeMail()));
    expect(code).toBe('SMTP_TIMEOUT');
    await close();
  });

  test('one that takes the message and falls silent leaves the outcome unknown', async () => {
    const { port, close } = await openServer({ onData: (stream) => stream.resume(), closeTimeout: 100 });
    const { code, text } = await toldBy(smtpMailer({ host: '127.0.0.1', port, timeoutMs: 300 }).send(makeMail()));
    expect(code).toBe('SMTP_OUTCOME_UNKNOWN');
    expect(text).toContain('before sending again');
    await close();
  });

  test('one that is not there is unreachable', async () => {
    const { port, close } = await openSilent('');
    await close();
    const { code } = await toldBy(smtpMailer({ host: '127.0.0.1', port }).send(makeMail()));
    expect(code).toBe('SMTP_UNREACHABLE');
  });
});

describe('settings', () => {
  test.each([
    ['http://mail.example.com', 'not an smtp:// URL'],
    ['smtp://robot:hunter2@mail.example.com:99999', 'not an smtp:// URL'],
    ['smtp://robot:hunter2@mail.example.com/inbox', 'something after the port'],
    ['smtp://robot:hunter2%zz@mail.example.com', 'percent-encoded'],
    ['smtp://robot@mail.example.com', 'without a password'],
    ['smtp://:hunter2@mail.example.com', 'without a user'],
  ])('%s is refused, and not quoted back', (wrong, told) => {
    expect(() => smtpMailer({ url: wrong })).toThrow(told);
    try {
      smtpMailer({ url: wrong });
    } catch (error) {
      expect(`${error instanceof Error ? error.message : ''}`).not.toContain('hunter2');
    }
  });

  test('a port that is none is refused', () => {
    expect(() => smtpMailer({ host: 'mail.example.com', port: 0 })).toThrow(/port/);
  });
});
