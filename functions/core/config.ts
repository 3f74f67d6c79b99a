/** The configuration of a report: every setting, its default and its check. */
import { z } from 'zod';
import { crmSchema } from './crm.ts';
import { exact } from './money.ts';
import { defaultReasonMap, type ReasonCause, reasonKey } from './reasons.ts';

const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const amount = z.string().regex(/^\d{1,13}(\.\d{1,2})?$/, 'must be a plain decimal number in quotes, such as "10000"');
const percent = z.string().regex(/^\d{1,4}(\.\d{1,2})?$/, 'must be a percentage in quotes, such as "105"');
const share = z.string().regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, 'must be a share between "0" and "1", such as "0.05"');
const name = z.string().min(1).max(255);

const rising = (values: readonly string[]) =>
  values.every((value, at) => at === 0 || exact(value).greaterThan(exact(values[at - 1] ?? '0')));

const bandsSchema = z
  .array(z.strictObject({ name, from: amount }))
  .min(1)
  .refine(
    (bands) => bands.every(({ from }) => amount.safeParse(from).success) && rising(bands.map(({ from }) => from)),
    {
      message: 'bounds must rise from band to band',
    },
  )
  .refine((bands) => bands[0]?.from === '0', { message: 'the first band must start from "0"' })
  .refine((bands) => new Set(bands.map((band) => band.name)).size === bands.length, {
    message: 'a band is there twice',
  });

const benchmarkSchema = z.strictObject({
  dimension: name,
  segment: name,
  bounds: z.tuple([percent, percent, percent]).refine(rising, { message: 'bounds must rise' }),
});

const defaultBands = [
  { name: 'SMB', from: '0' },
  { name: 'Mid-market', from: '10000' },
  { name: 'Enterprise', from: '100000' },
];

const defaultBenchmarks: z.infer<typeof benchmarkSchema>[] = [
  { dimension: 'acv_band', segment: 'SMB', bounds: ['85', '95', '105'] },
  { dimension: 'acv_band', segment: 'Mid-market', bounds: ['95', '105', '115'] },
  { dimension: 'acv_band', segment: 'Enterprise', bounds: ['100', '110', '125'] },
  { dimension: 'pricing_model', segment: 'usage', bounds: ['100', '115', '130'] },
];

/** The file `retention.config.json`. Unknown keys are errors: a misspelt setting must not pass for a default. */
export const configSchema = z.strictObject({
  reportingCurrency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code, such as USD')
    .default('USD'),
  timeZone: z
    .string()
    .refine(isTimeZone, { message: 'must be an IANA time zone, such as Europe/Berlin' })
    .default('UTC'),
  /** Columns of the customers file to report by, at most 8. Left out: all of them. */
  dimensions: z
    .array(name)
    .max(8, 'a report shows at most 8 dimensions of the customers file')
    .refine((names) => new Set(names).size === names.length, { message: 'a dimension is there twice' })
    .refine((names) => !names.some((dimension) => dimension === 'acv_band' || dimension === 'cohort_year'), {
      message: 'acv_band and cohort_year are always reported: leave them out',
    })
    .optional(),
  acvBands: bandsSchema.default(defaultBands),
  benchmarks: z.array(benchmarkSchema).default(defaultBenchmarks),
  benchmarkSource: z
    .string()
    .max(500)
    .default('default bounds by ACV band, to be replaced in the configuration by those of your peers'),
  /** Raw reason → cause, added to the default map; an entry here wins. */
  reasonMap: z.record(name, z.enum(['voluntary', 'involuntary'])).default({}),
  /** How the CRM's opportunities are read and joined. */
  crm: crmSchema.prefault({}),
  recipients: z.array(z.string()).max(500).default([]),
  sender: z.string().default('retention-report@localhost'),
  lowSampleBelow: z.int().min(0).max(1_000_000).default(50),
  gates: z
    .strictObject({
      /** UNCLASSIFIED_CHURN warns above this share of churn. */
      unclassifiedShare: share.default('0.05'),
      /** BOOK_SWING warns when accounts or MRR moved by more than this share in one month. */
      bookSwing: share.default('0.30'),
    })
    .prefault({}),
});

export type Config = z.infer<typeof configSchema>;

export const defaultConfig: Config = configSchema.parse({});

/** Every reason key with its cause: the default map with the configuration's entries over it, in order of the keys. */
export const reasonCauses = (config: Config): [string, ReasonCause][] =>
  [
    ...new Map([
      ...defaultReasonMap,
      ...Object.entries(config.reasonMap).map(([reason, cause]) => [reasonKey(reason), cause] as const),
    ]),
  ].sort(([a], [b]) => (a < b ? -1 : 1));
