/** Mail over SMTP: one connection and one envelope a recipient, the very bytes that an .eml file would hold. */
import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { dependencyError, type ReportError, usageError } from '../errors.ts';
import type { Mail, Mailer } from '../ports.ts';
import { displayText } from '../render/display-text.ts';
import { mimeMessage, parseAddress } from '../render/mime.ts';

const serverSchema = z.strictObject({
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).optional(),
  /** TLS from the first byte, as on port 465; otherwise STARTTLS. */
  secure: z.boolean().default(false),
  user: z.string().min(1).optional(),
  pass: z.string().min(1).optional(),
  /** Refuse to go on without STARTTLS. On by default wherever a password would travel beyond this machine. */
  requireTls: z.boolean().optional(),
  /** How long any one step may take. */
  timeoutMs: z.int().min(100).max(600_000).default(30_000),
});

/** Either `smtp://user:pass@host:port` (`smtps://` for TLS from the start) or the parts. */
export type SmtpMailerOptions =
  | { readonly url: string; readonly requireTls?: boolean; readonly timeoutMs?: number }
  | z.input<typeof serverSchema>;

type Server = z.infer<typeof serverSchema>;

const form =
  'Write smtp://user:password@host:587, or smtps:// for port 465; encode @ : / in the password as %40 %3A %2F.';

/** The address is never quoted back: it holds the password. */
const partsOf = (url: string) => {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !['smtp:', 'smtps:'].includes(parsed.protocol))
    throw usageError('the SMTP address is not an smtp:// URL', form);
  if (!['', '/'].includes(parsed.pathname) || parsed.search !== '' || parsed.hash !== '') {
    throw usageError('the SMTP address has something after the port', form);
  }
  try {
    return {
      host: parsed.hostname.replace(/^\[|\]$/g, ''),
      secure: parsed.protocol === 'smtps:',
      ...(parsed.port === '' ? {} : { port: parseInt(parsed.port, 10) }),
      ...(parsed.username === '' ? {} : { user: decodeURIComponent(parsed.username) }),
      ...(parsed.password === '' ? {} : { pass: decodeURIComponent(parsed.password) }),
    };
  } catch {
    throw usageError('the user or password in the SMTP address is not percent-encoded text', form);
  }
};

const parseServer = (options: SmtpMailerOptions): Server => {
  const { url, ...rest } = { url: undefined, ...options };
  const parsed = serverSchema.safeParse(url === undefined ? rest : { ...partsOf(url), ...rest });
  if (!parsed.success) throw usageError(`the SMTP settings are wrong: ${z.prettifyError(parsed.error)}`, form);
  if ((parsed.data.user === undefined) !== (parsed.data.pass === undefined)) {
    throw usageError('the SMTP settings have a user without a password, or a password without a user', form);
  }
  return parsed.data;
};

const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);

const failureSchema = z.object({
  code: z.string().optional(),
  response: z.union([z.string(), z.literal(false)]).optional(),
  timeoutType: z.string().optional(),
  message: z.string(),
});
type Failure = z.infer<typeof failureSchema>;

type Hint = { readonly code: string; readonly hint: string };

const unreachable: Hint = {
  code: 'SMTP_UNREACHABLE',
  hint: 'Check host and port, and that this machine may connect there; many networks block port 25.',
};

/** By the mail library's own code of the failure. */
const hints: Readonly<Record<string, Hint>> = {
  EAUTH: { code: 'SMTP_AUTH', hint: 'Check user and password, and that the account may send by SMTP.' },
  ENOAUTH: { code: 'SMTP_AUTH', hint: 'The server does not ask for a password: leave user and password out.' },
  ETLS: {
    code: 'SMTP_TLS',
    hint: 'Check the server’s certificate and that it offers STARTTLS; port 465 needs smtps://.',
  },
  EENVELOPE: {
    code: 'SMTP_REJECTED',
    hint: 'Check the sender and this recipient: the server does not take mail for it, or not from you.',
  },
  EMESSAGE: {
    code: 'SMTP_REJECTED',
    hint: 'The server refused the message itself: see its answer for size or policy limits.',
  },
  EDNS: unreachable,
  ECONNECTION: unreachable,
  ESOCKET: unreachable,
  ETIMEDOUT: { code: 'SMTP_TIMEOUT', hint: 'Check host, port and firewall, or allow more time.' },
};

const outcomeUnknown: Hint = {
  code: 'SMTP_OUTCOME_UNKNOWN',
  hint: 'The message may have been delivered all the same: look for its Message-ID in the server’s log before sending again.',
};

/** A connection that falls silent or breaks after the greeting may have taken the message with it. */
const hintFor = ({ code = '', timeoutType, message }: Failure): Hint => {
  if (timeoutType === 'SOCKET_TIMEOUT' || /closed|ECONNRESET|EPIPE/.test(message)) return outcomeUnknown;
  return hints[code] ?? { code: 'SMTP_FAILED', hint: 'See the server’s answer and its log.' };
};

/** What the server said, without the password, in whatever form it came back. No `cause`: it could be logged with it. */
const failed = (server: Server, mail: Mail, error: unknown): ReportError => {
  const parsed = failureSchema.safeParse(error);
  const failure = parsed.success ? parsed.data : { message: 'the mail library failed without saying why' };
  const secrets = server.pass === undefined ? [] : [server.pass, Buffer.from(server.pass).toString('base64')];
  const said = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), failure.response || failure.message);
  const { code, hint } = hintFor(failure);
  return dependencyError(code, `${server.host} did not take the mail for ${mail.to}: ${displayText(said, 300)}`, hint);
};

export const smtpMailer = (options: SmtpMailerOptions): Mailer => {
  const server = parseServer(options);
  const { host, secure, user, pass, timeoutMs } = server;
  const port = server.port ?? (secure ? 465 : 587);
  const transport = createTransport({
    host,
    port,
    secure,
    requireTLS: !secure && (server.requireTls ?? (user !== undefined && !isLoopback(host))),
    ...(user === undefined || pass === undefined ? {} : { auth: { user, pass }, forceAuth: true }),
    tls: { minVersion: 'TLSv1.2' },
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    // Longer than the others: a connection that was never greeted is no message of unknown fate.
    socketTimeout: 2 * timeoutMs,
    logger: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name: 'smtp',
    repeatable: false,
    async send(mail) {
      const raw = Buffer.from(await mimeMessage(mail));
      const envelope = { from: parseAddress(mail.from), to: [parseAddress(mail.to)] };
      try {
        const { response } = await transport.sendMail({ envelope, raw });
        return `smtp://${host}:${port} ${displayText(response, 200)}`;
      } catch (error) {
        throw failed(server, mail, error);
      }
    },
    async close() {
      transport.close();
    },
  };
};
