/** The shape of report.json, schemaVersion 1: what finance systems and board packs rely on. Fields are added, never re-meant. */
import { z } from 'zod';
import { basisNames } from './basis.ts';
import { windowNames } from './month.ts';

const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);
const money = z.string().regex(/^\d+(\.\d+)?$/);
const signedMoney = z.string().regex(/^-?\d+(\.\d+)?$/);
const ratio = z
  .string()
  .regex(/^-?\d+\.\d{6}$/)
  .nullable();
const count = z.int().nonnegative();
/** Committed in reports of a version that knew no other. */
const mrrBasis = z.enum(basisNames).default('committed');

/** One window over a set of accounts. Money in the reporting currency, constant currency at opening rates. */
export const retentionSchema = z.strictObject({
  openingAccounts: count,
  closingAccounts: count,
  openingMrr: money,
  closingMrr: money,
  retainedMrr: money,
  expansionMrr: money,
  contractionMrr: money,
  churnMrr: money,
  voluntaryChurnMrr: money,
  involuntaryChurnMrr: money,
  pausedChurnMrr: money,
  unclassifiedChurnMrr: money,
  ndr: ratio,
  grr: ratio,
  ndrExInvoluntary: ratio,
  logoRetention: ratio,
});

/** Every dollar of the book from the opening to the closing snapshot. Only `fx` can be negative. */
export const bridgeSchema = z.strictObject({
  opening: money,
  new: money,
  reactivation: money,
  expansion: money,
  contraction: money,
  voluntaryChurn: money,
  involuntaryChurn: money,
  pausedChurn: money,
  unclassifiedChurn: money,
  fx: signedMoney,
  closing: money,
});

/** Failed payments of a window, invoiced amounts in the reporting currency at closing-month rates. */
export const failedPaymentsSchema = z.strictObject({
  /** Recovered inside the window. */
  recoveredInvoices: count,
  recoveredAmount: money,
  /** Given up inside the window. */
  exhaustedInvoices: count,
  exhaustedAmount: money,
  /** Still being retried at the closing snapshot: at risk. */
  inGraceInvoices: count,
  inGraceAmount: money,
});

/** What moved in a window, Σ |closing − opening| of its movements in constant currency, and how much of it has evidence. */
export const tracedSchema = z.strictObject({
  movedMrr: money,
  /** Of accounts whose movement names an invoice. */
  byInvoiceMrr: money,
  /** Of accounts whose movement names an opportunity that was won. */
  byOpportunityMrr: money,
  /** Of accounts whose movement names both. */
  tracedMrr: money,
});

const windowSchema = z.strictObject({
  openingMonth: month,
  /** What the MRR of both ends rests on: always the same, or the window is null. */
  openingBasis: mrrBasis,
  closingBasis: mrrBasis,
  total: retentionSchema,
  bridge: bridgeSchema,
  failedPayments: failedPaymentsSchema,
  /** Null in reports of a version that did not have it. */
  traced: tracedSchema.nullable().default(null),
  /** tracedMrr / movedMrr. Null where nothing moved, and in a book that nothing connects with a CRM. */
  tracedShare: ratio.default(null),
});

export const movementNames = ['new', 'reactivation', 'expansion', 'contraction', 'churn'] as const;
export const causeNames = ['voluntary', 'involuntary', 'paused', 'unclassified'] as const;
export const benchmarkNames = ['weak', 'average', 'strong', 'elite'] as const;
export const blockingGates = [
  'SNAPSHOT_MISSING',
  'DUPLICATE_LINE',
  'NEGATIVE_MRR',
  'FX_MISSING',
  'BAD_ROW',
  'CONTROL_TOTAL',
  'BRIDGE_OPEN',
] as const;
export const warningGates = [
  'UNCLASSIFIED_CHURN',
  'UNKNOWN_CUSTOMER',
  'BOOK_SWING',
  'LATE_ROWS',
  'BASIS_MIXED',
] as const;

const segmentSchema = z.strictObject({
  window: z.enum(windowNames),
  dimension: z.string(),
  segment: z.string(),
  ...retentionSchema.shape,
  /** True below the configured number of opening accounts: individual behaviour drowns the signal. */
  lowSample: z.boolean(),
  /** Where the segment's NDR stands; null where no benchmark applies. Benchmarks are yearly: only ttm carries one. */
  benchmark: z.enum(benchmarkNames).nullable(),
});

const trendSchema = z.strictObject({ month, window: z.enum(windowNames), ...retentionSchema.shape });

/** How one segment of the headline window stood at the end of each month of the trend, oldest first. */
export const segmentTrendSchema = z.strictObject({
  window: z.enum(windowNames),
  dimension: z.string(),
  segment: z.string(),
  /** Months in which the segment opened with an account. */
  points: z.array(z.strictObject({ month, openingAccounts: count, ndr: ratio, grr: ratio })),
});

export const gateSchema = z.strictObject({
  code: z.enum([...blockingGates, ...warningGates]),
  severity: z.enum(['block', 'warn']),
  message: z.string(),
});

const changeSchema = z.strictObject({ figure: z.string(), was: z.string().nullable(), now: z.string().nullable() });

/** One account of the ledger, as shown among the top movers. */
export const topMoverSchema = z.strictObject({
  window: z.enum(windowNames),
  accountId: z.string(),
  accountName: z.string(),
  movement: z.enum(movementNames),
  cause: z.enum(causeNames).nullable(),
  reason: z.string().nullable(),
  openingMrr: money,
  closingMrr: money,
  deltaMrr: signedMoney,
  /** As in the ledger: of several, joined by `;`. Empty where none is known, and in reports of a version without them. */
  opportunityIds: z.string().default(''),
  opportunityTypes: z.string().default(''),
  opportunityOwners: z.string().default(''),
});

export const reportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  month,
  revision: z.int().positive(),
  reportingCurrency: z.string().regex(/^[A-Z]{3}$/),
  timeZone: z.string(),
  windows: z.strictObject({
    month: windowSchema.nullable(),
    quarter: windowSchema.nullable(),
    ttm: windowSchema.nullable(),
  }),
  segments: z.array(segmentSchema),
  /** On the basis of the report's own month: what can be set against it. */
  trend: z.array(trendSchema),
  /** Points of the same months whose both ends rest on another basis. Empty in reports of a version without it. */
  trendOnOtherBasis: z.array(trendSchema.extend({ basis: mrrBasis })).default([]),
  /** Empty in reports of a version that did not have it. */
  segmentTrend: z.array(segmentTrendSchema).default([]),
  /**
   * Failed payments by month, the last 12, oldest first: recovered and given up in it; failed in it and still in grace
   * at the closing snapshot. At closing-month rates. Empty without payments, and in reports of a version without it.
   */
  failedPaymentsTrend: z.array(z.strictObject({ month, ...failedPaymentsSchema.shape })).default([]),
  /** The accounts that moved most in each window, at most 10 a window, largest first. The whole ledger is movements.csv. */
  topMovers: z.array(topMoverSchema),
  /**
   * What the source could not know of the closing month and of the opening months, in its own words; newest month first.
   * Empty in reports of a version without it.
   */
  sourceNotes: z.array(z.strictObject({ month, note: z.string() })).default([]),
  gates: z.array(gateSchema),
  /** Rules a reader needs to judge the figures, as they were configured for this run. */
  basis: z.strictObject({
    lowSampleBelow: count,
    acvBands: z.array(z.strictObject({ name: z.string(), from: z.string() })),
    /** NDR bounds in percent: weak below the first, then average, strong, elite from the third. */
    benchmarks: z.array(
      z.strictObject({
        dimension: z.string(),
        segment: z.string(),
        bounds: z.tuple([z.string(), z.string(), z.string()]),
      }),
    ),
    /** The band of the whole book: that of its average account at the opening of ttm. Null without ttm. */
    bookBenchmark: z
      .strictObject({
        segment: z.string(),
        bounds: z.tuple([z.string(), z.string(), z.string()]),
        band: z.enum(benchmarkNames),
      })
      .nullable(),
    benchmarkSource: z.string(),
    /** What the MRR of the report's month rests on. */
    mrr: mrrBasis,
    /** Windows that are null because their two ends rest on different bases. */
    mixedWindows: z
      .array(z.strictObject({ window: z.enum(windowNames), openingMonth: month, openingBasis: mrrBasis }))
      .default([]),
  }),
  restatement: z
    .strictObject({
      previousRevision: z.int().positive().nullable(),
      changes: z.array(changeSchema),
      earlierMonths: z.array(changeSchema.extend({ month, window: z.enum(windowNames) })),
    })
    .nullable(),
});

export type Retention = z.infer<typeof retentionSchema>;
export type Bridge = z.infer<typeof bridgeSchema>;
export type FailedPayments = z.infer<typeof failedPaymentsSchema>;
export type Traced = z.infer<typeof tracedSchema>;
export type SegmentRow = z.infer<typeof segmentSchema>;
export type TrendPoint = z.infer<typeof trendSchema>;
export type SegmentTrend = z.infer<typeof segmentTrendSchema>;
export type FailedPaymentsPoint = Report['failedPaymentsTrend'][number];
export type Gate = z.infer<typeof gateSchema>;
export type GateCode = Gate['code'];
export type TopMover = z.infer<typeof topMoverSchema>;
export type Movement = (typeof movementNames)[number];
export type Cause = (typeof causeNames)[number];
export type Benchmark = (typeof benchmarkNames)[number];
export type Report = z.infer<typeof reportSchema>;
export type MixedWindow = Report['basis']['mixedWindows'][number];
export type WindowReport = z.infer<typeof windowSchema>;
