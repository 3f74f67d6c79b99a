/** The CDK context, read once: every setting of an installation with its default and its check. */
import type { Node } from 'constructs';
import { z } from 'zod';
import { ReportError, usageError } from '../functions/errors.ts';
import { invoicesAsked } from '../functions/sources/billing/vendor.ts';
import { vendorOf, vendors } from '../functions/sources/billing/vendors.ts';

// `-c name=value` gives text, cdk.json gives numbers and lists: both are taken.
const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,40}$/, 'must be letters, digits and hyphens, at most 41, beginning with a letter');
const address = z.string().regex(/^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/, 'must be a plain e-mail address');
const domain = z.string().regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'must be a domain in lower case');
const addresses = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '')
      : value,
  z.array(address),
);

/** An address as `--source` takes it. It is never repeated: people write keys there. */
const account = z.string().superRefine((text, context) => {
  const vendor = vendorOf(text);
  const names = vendors.map(({ name }) => `${name}:`).join(', ');
  try {
    if (vendor === null) throw usageError(`must begin with one of ${names}`, `For example: ${names}`);
    vendor.check(text);
    const invoices = invoicesAsked(vendor, text);
    if (invoices !== null)
      throw usageError(
        'a stack pulls each month as it stood and makes none of invoices',
        `Leave basis out. Make old months on a laptop with the address as --source of backfill, and send them: retention run --stack <name> --month <month> --source <home>/inbox/${invoices.name}`,
      );
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    context.addIssue({ code: 'custom', message: `${error.message}. ${error.hint}` });
  }
});

const logDays = [30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;

const settingsSchema = z
  .strictObject({
    /** Name of the stack, and so of what AWS wants named: database, workgroup, metric namespace. */
    stackName: name.default('retention'),
    /** Path of the report's configuration. Left out: retention.config.json where there is one, otherwise the defaults. */
    config: z.string().min(1).optional(),
    /** Day of the month and hour, in the configuration's time zone, at which the report of the month before is made. */
    reportDay: whole(1, 28).default(3),
    reportHour: whole(0, 23).default(7),
    /** From this day of the month on a missing report alarms. */
    reportByDay: whole(1, 28).default(5),
    /** Who gets alarms and ad-hoc reruns: a list, or text with commas. */
    opsRecipients: addresses.default([]),
    /**
     * The account that each month is pulled from, such as `stripe:?parent=group`. Left out: months are uploaded. The key
     * has its place in a secret, and never here.
     */
    billingSource: account.optional(),
    /** ARN of an SES identity for the sender that is managed elsewhere. Left out: the stack makes the sender's domain one. */
    identityArn: z
      .string()
      .regex(/^arn:[a-z-]+:ses:[a-z0-9-]+:\d{12}:identity\/.+$/, 'must be the ARN of an SES identity')
      .optional(),
    /** MAIL FROM domain; it must be below the sender's domain. Left out: `bounce.` and the sender's domain. */
    mailFromDomain: domain.optional(),
    /** Object Lock of the archive. COMPLIANCE cannot be undone by anybody, AWS included. */
    archiveLock: z.enum(['GOVERNANCE', 'COMPLIANCE', 'NONE']).default('GOVERNANCE'),
    archiveRetentionDays: whole(1, 36_500).default(2557),
    /** Athena stops a query that would read more; `scanAlarmGb` alarms about a whole day. */
    queryCutoffGb: whole(1, 100_000).default(200),
    scanAlarmGb: whole(1, 1_000_000).default(500),
    resultsExpireDays: whole(1, 3650).default(30),
    logRetentionDays: z
      .preprocess((value) => (typeof value === 'string' ? Number.parseInt(value, 10) : value), z.literal(logDays))
      .default(365),
    /** Processor of the functions. arm64 is cheaper, and needs DuckDB's binary for it in node_modules. */
    architecture: z.enum(['x86_64', 'arm64']).default('x86_64'),
    /** More is quicker; new accounts are held to 3008 until their quota is raised, and millions of customers fit in it. */
    ingestMemoryMb: whole(1024, 10_240).default(3008),
    archiveMemoryMb: whole(1024, 10_240).default(3008),
    pullMemoryMb: whole(1024, 10_240).default(3008),
    /** A run that takes longer is stopped, and alarms. */
    runTimeoutHours: whole(1, 72).default(6),
    /** What happens to data when the stack is deleted. `destroy` is for try-outs; buckets must be emptied first. */
    removal: z.enum(['retain', 'destroy']).default('retain'),
  })
  .refine(({ reportDay, reportByDay }) => reportDay < reportByDay, {
    path: ['reportByDay'],
    message: 'must come after reportDay',
  });

export type Settings = z.infer<typeof settingsSchema>;

const names = Object.keys(settingsSchema.shape);

/** Ours are plain words; flags and cached look-ups of CDK have punctuation in their names. */
const isOurs = (key: string) => /^[A-Za-z]+$/.test(key) && key !== 'tree';

/** Every fault is told at once; a misspelt setting must not pass for a default. */
export const parseSettings = (context: Readonly<Record<string, unknown>>): Settings => {
  const given = Object.fromEntries(
    Object.entries(context).filter(([key, value]) => isOurs(key) && value !== undefined && value !== ''),
  );
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success)
    throw usageError(
      `The CDK context is not valid:\n  ${z.prettifyError(parsed.error).split('\n').join('\n  ')}`,
      `Give settings as -c name=value, or under "context" in cdk.json. There are: ${names.join(', ')}.`,
    );
  return parsed.data;
};

export const readSettings = (node: Node): Settings =>
  parseSettings(z.record(z.string(), z.unknown()).parse(node.getAllContext()));
