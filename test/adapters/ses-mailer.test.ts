/** Mail by SES, by the real SDK against a server that speaks its protocol and fails as it is told to. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sesMailer } from '../../functions/adapters/ses-mailer.ts';
import { ReportError } from '../../functions/errors.ts';
import type { Mailer } from '../../functions/ports.ts';
import { type FakeSes, openFakeSes, type SesFault } from '../aws/fake-ses.ts';
import { type MailerHarness, mailerContract, makeMail } from '../contract/mailer.ts';

const settings = { configurationSet: 'reports', throttlePauseMs: 1 };

mailerContract('ses', async (): Promise<MailerHarness> => {
  const ses = await openFakeSes();
  return {
    mailer: sesMailer({ client: ses.client(), ...settings }),
    arrivals: async () =>
      ses.mails.map(({ bytes, source, destinations }) => ({ bytes, sender: source, recipients: destinations })),
    refuse: ses.refuse,
    close: ses.close,
  };
});

describe('the SES mailer', () => {
  let ses: FakeSes;
  let mailer: Mailer;
  beforeEach(async () => {
    ses = await openFakeSes();
    mailer = sesMailer({ client: ses.client(), ...settings, timeoutMs: 2_000 });
  });
  afterEach(() => ses.close());

  const failureOf = async (sending: Promise<unknown>): Promise<ReportError> => {
    const failure = await sending.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ReportError);
    return failure as ReportError;
  };

  test('names sender, the one recipient and the configuration set itself, and answers with the id of SES', async () => {
    expect(await mailer.send(makeMail())).toBe('ses://eu-central-1/01071-ses');
    expect(ses.mails).toMatchObject([
      {
        source: 'retention@example.com',
        destinations: ['cfo@example.com'],
        configurationSet: 'reports',
        sourceArn: null,
      },
    ]);
  });

  test('names the identity where there is one', async () => {
    const identityArn = 'arn:aws:ses:eu-central-1:111122223333:identity/example.com';
    await sesMailer({ client: ses.client(), ...settings, identityArn }).send(makeMail());
    expect(ses.mails[0]?.sourceArn).toBe(identityArn);
  });

  test('a client that would send again by itself is not taken', async () => {
    await expect(sesMailer({ client: ses.client({ maxAttempts: 3 }), ...settings }).send(makeMail())).rejects.toThrow(
      'could send a mail twice',
    );
    expect(ses.asked()).toBe(0);
  });

  const unknown: readonly [string, SesFault, number][] = [
    ['the answer is lost', 'lost answer', 1],
    ['it falls silent after taking the message', 'silent', 1],
    ['the answer makes no sense', 'garbled', 1],
    ['the connection breaks at once', 'cut request', 0],
    ['it stumbles', { status: 500, code: 'InternalFailure', message: 'trouble' }, 0],
    ['it is out of order', { status: 503, code: 'ServiceUnavailable', message: 'trouble' }, 0],
  ];
  test.each(unknown)('when %s, the outcome is unknown and nothing is sent again', async (_told, fault, taken) => {
    ses.fail(fault);
    const hasty = sesMailer({ client: ses.client(), ...settings, timeoutMs: fault === 'silent' ? 200 : 2_000 });
    const failure = await failureOf(hasty.send(makeMail()));
    expect(failure).toMatchObject({ kind: 'dependency', code: 'SES_OUTCOME_UNKNOWN' });
    expect(failure.hint).toContain('before sending again');
    expect([ses.asked(), ses.mails.length]).toEqual([1, taken]);
  });

  test('a message that SES was too busy to take is offered again, and sent once', async () => {
    ses.fail({ status: 400, code: 'Throttling', message: 'Maximum sending rate exceeded.' }, 3);
    await mailer.send(makeMail());
    expect([ses.asked(), ses.mails.length]).toEqual([4, 1]);
  });

  test('SES that stays too busy says so', async () => {
    ses.fail({ status: 400, code: 'Throttling', message: 'Daily message quota exceeded.' }, 99);
    const failure = await failureOf(mailer.send(makeMail()));
    expect(failure).toMatchObject({
      kind: 'dependency',
      code: 'SES_THROTTLED',
      hint: expect.stringContaining('quota'),
    });
    expect(failure.message).toContain('Daily message quota exceeded');
    expect([ses.asked(), ses.mails.length]).toEqual([5, 0]);
  });

  const answers: readonly [string, string, string][] = [
    ['MessageRejected', 'Address blacklisted.', 'SES_REJECTED'],
    ['MessageRejected', 'Email address is not verified: retention@example.com', 'SES_SENDER'],
    ['MessageRejected', 'Not verified: retention@example.com, cfo@example.com', 'SES_REJECTED'],
    ['InvalidParameterValue', 'Local address contains control or whitespace', 'SES_REJECTED'],
    ['MailFromDomainNotVerifiedException', 'MAIL FROM', 'SES_SENDER'],
    ['AccountSendingPausedException', 'paused', 'SES_PAUSED'],
    ['ConfigurationSetSendingPausedException', 'paused', 'SES_PAUSED'],
    ['ConfigurationSetDoesNotExist', 'reports', 'SES_CONFIGURATION_SET'],
    ['AccessDenied', 'ses:SendRawEmail', 'SES_ACCESS_DENIED'],
    ['ExpiredToken', 'expired', 'SES_CREDENTIALS'],
    ['Teapot', 'short and stout', 'SES_FAILED'],
  ];
  test.each(answers)('%s (%s) is %s', async (code, message, told) => {
    ses.fail({ status: 400, code, message });
    const failure = await failureOf(mailer.send(makeMail()));
    expect(failure).toMatchObject({ kind: 'dependency', code: told, hint: expect.stringMatching(/\w/) });
    expect(failure.message).toContain('cfo@example.com');
    expect([ses.asked(), ses.mails.length]).toEqual([1, 0]);
  });

  test('no SES at all is unreachable: nothing left this machine', async () => {
    const gone = await openFakeSes();
    const client = gone.client();
    await gone.close();
    expect(await failureOf(sesMailer({ client, ...settings }).send(makeMail()))).toMatchObject({
      code: 'SES_UNREACHABLE',
    });
  });
});
