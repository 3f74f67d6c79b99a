/** Mail by SES: one request a recipient, sent once, and no guess about what became of it. */
import assert from 'node:assert/strict';
import { type SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { dependencyError, ReportError } from '../errors.ts';
import type { Mail, Mailer } from '../ports.ts';
import { displayText } from '../render/display-text.ts';
import { mimeMessage, parseAddress } from '../render/mime.ts';

export type SesMailerOptions = {
  /** Made with `maxAttempts: 1`: SES has no idempotency token, so a second attempt could be a second mail. */
  readonly client: SESClient;
  readonly configurationSet: string;
  /** The identity that sends, where its policy is to be asked. */
  readonly identityArn?: string;
  /** How long one request may take before its outcome counts as unknown. */
  readonly timeoutMs?: number;
  /** Longest first pause before a message is offered again that SES said it was too busy to take. */
  readonly throttlePauseMs?: number;
};

type Told = { readonly code: string; readonly hint: string };

/** SES said that it did not take the message: it may be offered again at once. */
const throttled: Told = {
  code: 'SES_THROTTLED',
  hint: 'Run again later, or ask AWS for a higher sending rate or daily quota.',
};
const rejected: Told = {
  code: 'SES_REJECTED',
  hint: 'Check this recipient; in the SES sandbox its address must be verified too.',
};
const sender: Told = {
  code: 'SES_SENDER',
  hint: 'Verify the sender’s domain in SES, in this region: DKIM and MAIL FROM records must be published.',
};
const paused: Told = {
  code: 'SES_PAUSED',
  hint: 'See SES’s reputation dashboard for why sending is paused, and resume it.',
};
const setMissing: Told = {
  code: 'SES_CONFIGURATION_SET',
  hint: 'Deploy the stack again: its configuration set is gone.',
};
const denied: Told = {
  code: 'SES_ACCESS_DENIED',
  hint: 'Give this role ses:SendRawEmail on the identity and on the configuration set.',
};
const credentials: Told = {
  code: 'SES_CREDENTIALS',
  hint: 'Renew the credentials of this session, or check those of the role and the clock of this machine.',
};
const unreachable: Told = {
  code: 'SES_UNREACHABLE',
  hint: 'Check region, endpoint and the way to SES (VPC endpoint, DNS), then run again.',
};
const outcomeUnknown: Told = {
  code: 'SES_OUTCOME_UNKNOWN',
  hint: 'The message may have been delivered all the same: look for it in the configuration set’s events before sending again.',
};

/** By SES's name of the failure. All of these are answers: the message was not taken. */
const answers: Readonly<Record<string, Told>> = {
  MessageRejected: rejected,
  InvalidParameterValue: rejected,
  InvalidParameterValueException: rejected,
  Throttling: throttled,
  ThrottlingException: throttled,
  TooManyRequestsException: throttled,
  LimitExceededException: throttled,
  MailFromDomainNotVerified: sender,
  MailFromDomainNotVerifiedException: sender,
  FromEmailAddressNotVerifiedException: sender,
  AccountSendingPausedException: paused,
  AccountSendingPaused: paused,
  ConfigurationSetSendingPausedException: paused,
  ConfigurationSetSendingPaused: paused,
  ConfigurationSetDoesNotExist: setMissing,
  ConfigurationSetDoesNotExistException: setMissing,
  AccessDenied: denied,
  AccessDeniedException: denied,
  ExpiredToken: credentials,
  InvalidClientTokenId: credentials,
  SignatureDoesNotMatch: credentials,
  RequestExpired: credentials,
};

/** By the system's name: the request never left. */
const unsent: Readonly<Record<string, Told>> = {
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  CredentialsProviderError: credentials,
};

const statusOf = (error: Error): number => {
  const metadata: unknown = '$metadata' in error ? error.$metadata : null;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
};

const told = (error: Error, mail: Mail): Told => {
  const names = [error.name, 'code' in error ? `${error.code}` : ''];
  const status = statusOf(error);
  if (status === 0) return names.map((name) => unsent[name]).find((found) => found !== undefined) ?? outcomeUnknown;
  const known = answers[error.name];
  // SES uses one name for a recipient that it will not serve and a sender that it does not know.
  if (known === rejected && error.message.includes(mail.from) && !error.message.includes(mail.to)) return sender;
  if (known !== undefined) return known;
  // A request that was refused was not carried out; one that SES stumbled over may have been.
  if (status >= 400 && status < 500) return { code: 'SES_FAILED', hint: 'See what SES said, and its status page.' };
  return outcomeUnknown;
};

const failed = (error: unknown, mail: Mail): ReportError => {
  const failure = error instanceof Error ? error : new Error(`${error}`);
  const { code, hint } = told(failure, mail);
  const said = displayText(`${failure.name} ${failure.message}`, 300);
  return dependencyError(code, `SES did not confirm the mail for ${mail.to}: ${said}`, hint, failure);
};

const offers = 5;

/**
 * Resolves with `ses://<region>/<id that SES gave the message>`. A message that SES was too busy to take is offered again
 * a few times, which is safe: it said no. Anything that is not an answer is `SES_OUTCOME_UNKNOWN`.
 */
export const sesMailer = (options: SesMailerOptions): Mailer => {
  const { client, configurationSet, identityArn, timeoutMs = 30_000, throttlePauseMs = 1_000 } = options;

  const offer = async (command: SendRawEmailCommand, mail: Mail): Promise<string> => {
    try {
      const { MessageId } = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
      if (MessageId === undefined) throw new Error('the answer has no message id');
      return MessageId;
    } catch (error) {
      throw failed(error, mail);
    }
  };

  return {
    name: 'ses',
    repeatable: false,
    async send(mail) {
      assert.equal(await client.config.maxAttempts(), 1, 'a client that retries could send a mail twice');
      const command = new SendRawEmailCommand({
        Source: parseAddress(mail.from),
        Destinations: [parseAddress(mail.to)],
        RawMessage: { Data: await mimeMessage(mail) },
        ConfigurationSetName: configurationSet,
        ...(identityArn === undefined ? {} : { SourceArn: identityArn }),
      });
      for (let at = 1; ; at += 1) {
        try {
          return `ses://${await client.config.region()}/${await offer(command, mail)}`;
        } catch (error) {
          const again = error instanceof ReportError && error.code === throttled.code && at < offers;
          if (!again) throw error;
          const limitMs = throttlePauseMs * 2 ** (at - 1);
          await new Promise((resolve) => setTimeout(resolve, Math.random() * limitMs));
        }
      }
    },
    /** The client is closed by whoever made it. */
    async close() {},
  };
};
