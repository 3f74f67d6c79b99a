/** The right to send: the sender's domain with DKIM and MAIL FROM, and a configuration set that tells what became of mails. */
import { Annotations, Stack } from 'aws-cdk-lib';
import {
  CloudWatchDimensionSource,
  ConfigurationSet,
  ConfigurationSetTlsPolicy,
  EmailIdentity,
  EmailSendingEvent,
  EventDestination,
  Identity,
  MailFromBehaviorOnMxFailure,
} from 'aws-cdk-lib/aws-ses';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { usageError } from '../functions/errors.ts';
import { type Access, allow } from './access.ts';

export type MailProps = {
  readonly sender: string;
  /** An identity managed elsewhere. */
  readonly identityArn: string | undefined;
  readonly mailFromDomain: string | undefined;
  readonly topic: ITopic;
};

/** A DNS record to be set by whoever has the domain. */
export type DnsRecord = { readonly id: string; readonly text: string };

/** The dimension that SES adds to every mail, and so the one our alarms can rely on. */
export const configurationSetDimension = 'ses:configuration-set';

const troubles = [
  EmailSendingEvent.BOUNCE,
  EmailSendingEvent.COMPLAINT,
  EmailSendingEvent.REJECT,
  EmailSendingEvent.DELIVERY_DELAY,
];

export class Mail extends Construct {
  readonly sender: string;
  readonly domain: string;
  /** What SES knows the sender by: its domain, or an address. */
  readonly identity: string;
  readonly identityArn: string;
  readonly configurationSetName: string;
  readonly configurationSetArn: string;
  /** What mailing takes. */
  readonly send: Access;
  readonly records: readonly DnsRecord[];

  constructor(scope: Construct, id: string, { sender, identityArn, mailFromDomain, topic }: MailProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.sender = sender;
    this.domain = sender.slice(sender.lastIndexOf('@') + 1);
    this.identity = identityArn?.slice(identityArn.lastIndexOf('/') + 1) ?? this.domain;
    const set = new ConfigurationSet(this, 'ConfigurationSet', {
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
      reputationMetrics: true,
    });
    this.configurationSetName = set.configurationSetName;
    this.configurationSetArn = stack.formatArn({
      service: 'ses',
      resource: 'configuration-set',
      resourceName: set.configurationSetName,
    });
    set.addEventDestination('Ops', { destination: EventDestination.snsTopic(topic), events: troubles });
    set.addEventDestination('Metrics', {
      destination: EventDestination.cloudWatchDimensions([
        {
          source: CloudWatchDimensionSource.MESSAGE_TAG,
          name: configurationSetDimension,
          defaultValue: 'none',
        },
      ]),
      events: [EmailSendingEvent.SEND, EmailSendingEvent.DELIVERY, ...troubles],
    });
    this.identityArn =
      identityArn ?? stack.formatArn({ service: 'ses', resource: 'identity', resourceName: this.domain });
    // In the sandbox SES asks for the recipients' identities as well, and an address can be an identity beside its domain:
    // who it is from is what the condition holds.
    const identities = stack.formatArn({ service: 'ses', resource: 'identity', resourceName: '*' });
    this.send = {
      ...allow(['ses:SendRawEmail'], [this.identityArn, identities, this.configurationSetArn], {
        StringEquals: { 'ses:FromAddress': sender },
      }),
      wildcards: [
        {
          id: 'Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*',
          reason: 'SES asks for identities that it finds itself; ses:FromAddress pins the sender.',
        },
      ],
    };
    const dmarc: DnsRecord = {
      id: 'DmarcRecord',
      text: `_dmarc.${this.domain} TXT "v=DMARC1; p=none; adkim=r; aspf=r" (only where the domain has no such record yet; make it stricter when all its mail passes)`,
    };
    this.records = [dmarc];
    if (identityArn !== undefined) return;
    if (!this.domain.includes('.')) {
      Annotations.of(this).addWarningV2(
        'retention:sender',
        `The sender ${sender} has no domain that mail can come from: runs that mail will fail after archiving. Set "sender" in the configuration.`,
      );
      return;
    }
    const mailFrom = mailFromDomain ?? `bounce.${this.domain}`;
    if (!mailFrom.endsWith(`.${this.domain}`))
      throw usageError(
        `The MAIL FROM domain ${mailFrom} is not below the sender's domain ${this.domain}`,
        `Leave mailFromDomain out for bounce.${this.domain}, or give another name below ${this.domain}.`,
      );
    const identity = new EmailIdentity(this, 'Identity', {
      identity: Identity.domain(this.domain),
      configurationSet: set,
      dkimSigning: true,
      mailFromDomain: mailFrom,
      mailFromBehaviorOnMxFailure: MailFromBehaviorOnMxFailure.USE_DEFAULT_VALUE,
    });
    this.records = [
      dmarc,
      ...identity.dkimRecords.map(({ name, value }, at) => ({
        id: `DkimRecord${at + 1}`,
        text: `${name} CNAME ${value}`,
      })),
      { id: 'MailFromMxRecord', text: `${mailFrom} MX 10 feedback-smtp.${stack.region}.amazonses.com` },
      { id: 'MailFromSpfRecord', text: `${mailFrom} TXT "v=spf1 include:amazonses.com ~all"` },
    ];
  }
}
