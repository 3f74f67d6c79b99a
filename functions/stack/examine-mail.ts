/** Whether a stack can mail: its sender is verified with SES, which is out of its sandbox, and there is somebody to write to. */
import {
  GetIdentityDkimAttributesCommand,
  GetIdentityVerificationAttributesCommand,
  GetSendQuotaCommand,
} from '@aws-sdk/client-ses';
import { type Check, counted, fail, ok, warn } from '../doctor/check.ts';
import type { ErrorKind } from '../errors.ts';
import { asking } from './aws-error.ts';
import { deployedAgain, type Examined, notTold, withRight } from './examined.ts';

/** The daily quota of an account in the sandbox; SES tells no more of it by this interface. */
const sandboxQuota = 200;

const settingsCheck = (examined: Examined): Check => {
  const { Sender: sender, BoardRecipients: recipients, TimeZone: timeZone } = examined.outputs;
  if (sender === undefined || recipients === undefined)
    return notTold('configuration', 'what it was deployed with', examined);
  const seen = `deployed with the sender ${sender}, ${counted(parseInt(recipients, 10), 'recipient')} and the time zone ${timeZone}`;
  if (recipients === '0')
    return warn(
      'configuration',
      `${seen}: the scheduled report is archived and not mailed`,
      `Name "recipients" in retention.config.json. ${deployedAgain(examined)}`,
    );
  return ok('configuration', seen);
};

/** What has an identity verified and signed: records of the stack's own, where it made the identity. */
const identityFix = ({ outputs: { DkimRecord1: record } }: Examined): string =>
  record === undefined
    ? 'Look at the identity in the console of SES (an address: follow the link that SES mailed to it).'
    : 'Publish the DNS records that the outputs DkimRecord1 to 3 tell, and wait for SES to find them.';

/** A sender that SES does not mail for: that stops no run as long as the report is mailed to nobody. */
const unfit = ({ outputs }: Examined, kind: ErrorKind, seen: string, fix: string): Check =>
  outputs.BoardRecipients === '0' ? warn('sender', seen, fix) : fail('sender', kind, seen, fix);

const verified = async (examined: Examined): Promise<Check[]> => {
  const { ses, outputs } = examined;
  const { Sender: sender = '', SenderIdentity: identity } = outputs;
  if (identity === undefined) return [notTold('sender', 'its sender', examined)];
  if (!identity.includes('.'))
    return [
      unfit(
        examined,
        'usage',
        `${sender} has no domain that mail can come from`,
        `Set "sender" in retention.config.json. ${deployedAgain(examined)}`,
      ),
    ];
  const { VerificationAttributes: found = {} } = await asking('ask SES for the sender', () =>
    ses.send(new GetIdentityVerificationAttributesCommand({ Identities: [identity] })),
  );
  const status = found[identity]?.VerificationStatus;
  if (status === undefined)
    return [
      warn(
        'sender',
        `SES of this account and region does not know ${identity}`,
        'Verify it here; if it is the identity of another account, look there.',
      ),
    ];
  if (status !== 'Success')
    return [unfit(examined, 'dependency', `SES has not verified ${identity}: ${status}`, identityFix(examined))];
  return [ok('sender', `SES has verified ${identity}`)];
};

const signed = async (examined: Examined): Promise<Check[]> => {
  const { ses, outputs } = examined;
  const { SenderIdentity: identity } = outputs;
  if (identity?.includes('.') !== true) return [];
  const { DkimAttributes: found = {} } = await asking('ask SES for DKIM', () =>
    ses.send(new GetIdentityDkimAttributesCommand({ Identities: [identity] })),
  );
  const dkim = found[identity];
  // Who does not know the identity has said so already.
  if (dkim === undefined) return [];
  if (dkim.DkimEnabled === true && dkim.DkimVerificationStatus === 'Success')
    return [ok('dkim', `mail of ${identity} is signed`)];
  return [
    warn(
      'dkim',
      `mail of ${identity} is not signed: DKIM is ${dkim.DkimEnabled === true ? dkim.DkimVerificationStatus : 'off'}`,
      identityFix(examined),
    ),
  ];
};

const quota = async ({ ses }: Examined): Promise<Check[]> => {
  const { Max24HourSend: most, SentLast24Hours: sent = 0 } = await asking('ask SES for its quota', () =>
    ses.send(new GetSendQuotaCommand({})),
  );
  const seen = `SES takes ${most} mails a day here, ${sent} were sent in the last`;
  if (most !== undefined && most >= 0 && most <= sandboxQuota)
    return [
      warn(
        'sandbox',
        `${seen}: that is the quota of the sandbox, where only verified addresses are mailed`,
        'Ask for production access in the console of SES, or verify each recipient.',
      ),
    ];
  return [ok('sandbox', most === -1 ? 'SES takes any number of mails here' : seen)];
};

export const mailChecks = async (examined: Examined): Promise<Check[]> => [
  settingsCheck(examined),
  ...(await withRight('sender', 'ses:GetIdentityVerificationAttributes', () => verified(examined))),
  ...(await withRight('dkim', 'ses:GetIdentityDkimAttributes', () => signed(examined))),
  ...(await withRight('sandbox', 'ses:GetSendQuota', () => quota(examined))),
];
