/** One month of the index, read from its archived revision: its figures where this version understands them, its files in any case. */
import { z } from 'zod';
import { archiveKey, verified } from '../archive.ts';
import { basisNames } from '../core/basis.ts';
import { exact, ratioText } from '../core/money.ts';
import { isMonth, type Month, windowNames } from '../core/month.ts';
import { bridgeSchema, reportSchema, retentionSchema } from '../core/report.ts';
import type { ObjectStore } from '../ports.ts';
import { headlineOf } from '../render/headline.ts';
import { fileNameSchema, type Headline, type MonthEntry } from './index-schema.ts';

/** A revision as its pointer names it. */
export type Pointer = { readonly revision: number; readonly manifestSha256: string };

// Only what the index needs: a report of an older or newer version is read as far as it says the same.
const manifestSchema = z.object({
  files: z.array(z.object({ name: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int() })),
});

const month = z.string().refine(isMonth);

const windowSchema = z
  .object({
    openingMonth: month,
    total: retentionSchema.pick({ openingMrr: true, ndr: true, grr: true, involuntaryChurnMrr: true }).loose(),
    bridge: bridgeSchema.pick({ opening: true, closing: true }).loose(),
  })
  .nullable();

const reportInBrief = z.object({
  schemaVersion: z.literal(1),
  reportingCurrency: reportSchema.shape.reportingCurrency,
  windows: z.object({ month: windowSchema, quarter: windowSchema, ttm: windowSchema }),
  trend: z.array(z.object({ month, window: z.enum(windowNames), ndr: retentionSchema.shape.ndr })),
  basis: z.object({ mrr: z.enum(basisNames).default('committed') }).default({ mrr: 'committed' }),
  restatement: z
    .object({
      previousRevision: z.int().positive().nullable(),
      changes: z.array(z.unknown()),
      earlierMonths: z.array(z.unknown()),
    })
    .nullable(),
});

type ReportInBrief = z.infer<typeof reportInBrief>;

/** Null when it is not of that form: what is of another version is not damaged, its hash has been checked. */
const parsed = <T>(schema: z.ZodType<T>, bytes: Uint8Array): T | null => {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data ?? null;
  } catch {
    return null;
  }
};

const headlineIn = (report: ReportInBrief): Headline | null => {
  const found = headlineOf(report);
  if (found === null) return null;
  const { openingMonth, total, bridge } = found.window;
  const { openingMrr, ndr, grr, involuntaryChurnMrr } = total;
  return {
    window: found.name,
    openingMonth,
    bridge: { opening: bridge.opening, closing: bridge.closing },
    ndr,
    grr,
    involuntaryChurnMrr,
    involuntaryChurnShare: ratioText(exact(involuntaryChurnMrr), exact(openingMrr)),
  };
};

const figuresOf = (
  report: ReportInBrief,
): Pick<MonthEntry, 'reportingCurrency' | 'basis' | 'headline' | 'restated' | 'restatement' | 'trend'> => {
  const headline = headlineIn(report);
  const { restatement } = report;
  return {
    reportingCurrency: report.reportingCurrency,
    basis: report.basis.mrr,
    headline,
    restated: restatement !== null && restatement.changes.length > 0,
    restatement:
      restatement === null
        ? null
        : {
            previousRevision: restatement.previousRevision,
            changes: restatement.changes.length,
            earlierMonths: restatement.earlierMonths.length,
          },
    trend: report.trend
      .filter(({ window }) => window === headline?.window)
      .map(({ month, ndr }) => ({ month, ndr }))
      .sort((one, other) => (one.month < other.month ? -1 : 1)),
  };
};

const unread = { reportingCurrency: null, basis: null, headline: null, restated: false, restatement: null, trend: [] };

/** Where a file of a revision is, seen from the index. */
export const hrefOf = (month: Month, revision: number, name: string): string =>
  archiveKey(month, revision, name).slice('archive/'.length);

/** A month whose current revision is not what was archived. */
export const damagedEntry = (month: Month, pointer: Pointer): Omit<MonthEntry, 'earlierRevisions'> => ({
  month,
  ...pointer,
  readable: false,
  damaged: true,
  ...unread,
  files: [],
});

/** Reads what `pointer` names, every byte checked. Throws `DAMAGED` when it is not what was archived. */
export const readEntry = async (
  store: ObjectStore,
  month: Month,
  { revision, manifestSha256 }: Pointer,
): Promise<Omit<MonthEntry, 'earlierRevisions'>> => {
  const bytes = await verified(store, archiveKey(month, revision, 'manifest.json'), manifestSha256);
  const manifest = parsed(manifestSchema, bytes);
  const listed = (manifest?.files ?? []).filter(({ name }) => fileNameSchema.safeParse(name).success);
  const own = { name: 'manifest.json', bytes: bytes.byteLength, sha256: manifestSha256 };
  const files = [...listed, own].map((file) => ({
    name: file.name,
    bytes: file.bytes,
    sha256: file.sha256,
    href: hrefOf(month, revision, file.name),
  }));
  const data = listed.find(({ name }) => name === 'report.json');
  const report =
    data === undefined
      ? null
      : parsed(reportInBrief, await verified(store, archiveKey(month, revision, 'report.json'), data.sha256));
  return {
    month,
    revision,
    manifestSha256,
    readable: report !== null,
    damaged: false,
    ...(report === null ? unread : figuresOf(report)),
    files,
  };
};
