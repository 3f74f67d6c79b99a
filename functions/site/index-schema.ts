/** The shape of archive/index.json, schemaVersion 1: every archived month in brief. Fields are added, never re-meant. */
import { z } from 'zod';
import { basisNames } from '../core/basis.ts';
import { isMonth, windowNames } from '../core/month.ts';

export const indexKey = 'archive/index.json';
export const pageKey = 'archive/index.html';

const month = z.string().refine(isMonth);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const money = z.string().regex(/^\d+(\.\d+)?$/);
const ratio = z
  .string()
  .regex(/^-?\d+\.\d{6}$/)
  .nullable();
const count = z.int().nonnegative();
const revision = z.int().positive();

/** A file's name within its revision; anything else could make a link lead elsewhere. */
export const fileNameSchema = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/);

/** Relative to the folder of the index: works from a disk, a bucket, and behind any address. */
const href = z.string().regex(/^month=\d{4}-\d{2}\/revision=[1-9]\d*\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/);

const headlineSchema = z.strictObject({
  /** The longest window that has an opening snapshot. */
  window: z.enum(windowNames),
  openingMonth: month,
  /** MRR of the whole book at the opening, and at the closing snapshot: between them lies the bridge. */
  bridge: z.strictObject({ opening: money, closing: money }),
  ndr: ratio,
  grr: ratio,
  involuntaryChurnMrr: money,
  /** Of the opening MRR; null without any. */
  involuntaryChurnShare: ratio,
});

export const monthEntrySchema = z.strictObject({
  month,
  /** The current one. */
  revision,
  manifestSha256: sha256,
  /** False when the report has a form that this version cannot read: then there are no figures, and its files are all the same. */
  readable: z.boolean(),
  /** True when manifest or report are not what was archived: then nothing of the month is told or linked. */
  damaged: z.boolean(),
  reportingCurrency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .nullable(),
  /** What its MRR rests on; null where the report cannot be read. */
  basis: z.enum(basisNames).nullable().default('committed'),
  /** Null in the first month of a book, which has no opening snapshot. */
  headline: headlineSchema.nullable(),
  /** True when the current revision says otherwise of this month than the one before. */
  restated: z.boolean(),
  /** How many figures it changed: of this month, and of months archived before. */
  restatement: z
    .strictObject({ previousRevision: revision.nullable(), changes: count, earlierMonths: count })
    .nullable(),
  /** The headline window at the end of each month of the report's trend, oldest first. */
  trend: z.array(z.strictObject({ month, ndr: ratio })),
  files: z.array(z.strictObject({ name: fileNameSchema, bytes: count, sha256, href })),
  /** Newest first; `href` is the page of the report, null where it has none. */
  earlierRevisions: z.array(z.strictObject({ revision, href: href.nullable() })),
});

export const siteIndexSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Every currency that a report is in, in order of the alphabet. */
  reportingCurrencies: z.array(z.string()),
  /** Newest first. */
  months: z.array(monthEntrySchema),
});

export type MonthEntry = z.infer<typeof monthEntrySchema>;
export type Headline = z.infer<typeof headlineSchema>;
export type SiteIndex = z.infer<typeof siteIndexSchema>;
