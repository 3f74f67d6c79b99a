/** Looks a month over as a run would read it: its files, rates, reasons and dimensions. Computes no figure, stores nothing. */
import type { Config } from '../core/config.ts';
import { crmReading } from '../core/crm.ts';
import { exact } from '../core/money.ts';
import { type Month, openingMonthOf, windowNames } from '../core/month.ts';
import type { GateFault } from '../gate-fault.ts';
import { ingest, type SnapshotSource } from '../ingest.ts';
import { bookMonths, type Catalog, loadCatalog, monthsWith, partitionOf } from '../lake/catalog.ts';
import { type Lake, openLake } from '../lake/lake.ts';
import { type Lineage, lineageOf } from '../lake/lineage.ts';
import { dimensionSlots } from '../lake/tables.ts';
import { missingInputs } from '../measurable.ts';
import type { World } from '../pipeline.ts';
import type { Row } from '../ports.ts';
import { type Check, counted, fail, ok, some, warn } from './check.ts';
import { crmChecks, exportFaultsCheck, isOfExport } from './crm.ts';
import { dimensionsCheck, rateLines, reasonsCheck, tooManyDimensions } from './findings.ts';
import { placeOf, placesOf } from './places.ts';

/** Where a month's file of rates is, as a person finds it. */
export type RatesFile = (month: string) => string;

export type Looked = Pick<World, 'store' | 'engine' | 'loader' | 'progress'>;

const warningsShown = 5;

const codesOfFiles = ['BAD_ROW', 'DUPLICATE_LINE', 'NEGATIVE_MRR'] as const;

const fixOfFiles: Readonly<Record<(typeof codesOfFiles)[number], string>> = {
  BAD_ROW: 'Correct the export: the README lists what each column may hold.',
  DUPLICATE_LINE: 'Find out why the export doubles them; do not just drop one.',
  NEGATIVE_MRR: 'Net credits and discounts off the line itself.',
};

/** What is found in no file names customers in place of a line: only how many they are is told. */
const withoutIds = (fault: GateFault): GateFault =>
  fault.findings.some(({ file }) => file === null) ? { ...fault, findings: [], total: 1 } : fault;

/** Rows that no run takes, by the files, lines and columns that they are in. */
export const unusableRows = (faults: readonly GateFault[]): Check[] =>
  codesOfFiles.flatMap((code) => {
    const same = faults.filter((fault) => fault.code === code).map(withoutIds);
    return same.length === 0 ? [] : [fail('files', 'blocked', `${code}: ${placesOf(same)}`, fixOfFiles[code])];
  });

const filesChecks = (source: SnapshotSource, month: Month, faults: readonly GateFault[]): Check[] => {
  const read = source.months.filter((at) => at <= month);
  const others = faults.filter((fault) => !isOfExport(fault));
  const bad = unusableRows(others);
  if (bad.length > 0) return bad;
  const rows = others.length === faults.length ? 'every row' : 'every row but those of opportunities';
  return [ok('files', `${rows} of ${counted(read.length, 'month')} can be read`)];
};

const leftAside = (warnings: readonly string[]): Check[] =>
  warnings.length === 0
    ? []
    : [
        warn(
          'left aside',
          some(warnings, warningsShown, '; '),
          'Rename what is misspelt: columns and files with other names are not read.',
        ),
      ];

/** What the month's own files say that its source could not know: the report prints it as well. */
const notesCheck = (month: Month, catalog: Catalog): Check[] => {
  const notes = catalog.get(month)?.notes ?? [];
  return notes.length === 0 ? [] : [ok('notes', some(notes, warningsShown, '; '))];
};

const controlCheck = (source: SnapshotSource, month: Month, catalog: Catalog, faults: readonly GateFault[]): Check => {
  const wrong = faults.filter(({ code }) => code === 'CONTROL_TOTAL');
  if (wrong.length > 0)
    return fail(
      'control totals',
      'blocked',
      placesOf(wrong, (finding) => `${placeOf(finding)}, control.json says ${finding.value}`),
      'The export is incomplete or was cut: export the month again.',
    );
  const months = source.months.filter((at) => at <= month);
  const having = months.filter((at) => catalog.get(at)?.control !== undefined);
  const seen = `${having.length} of ${counted(months.length, 'month')} ${having.length === 1 ? 'has' : 'have'} them, and they agree with the lines`;
  if (catalog.get(month)?.control !== undefined) return ok('control totals', seen);
  return warn(
    'control totals',
    `${month} has none: an export that was cut would pass for a smaller book`,
    'Let the export write control.json: the number of lines and the MRR by currency.',
  );
};

/** The months in which windows open: those that are there, and those before the first one. */
const snapshotsCheck = (month: Month, catalog: Catalog, faults: readonly GateFault[]): Check => {
  const missing = faults.filter(({ code }) => code === 'SNAPSHOT_MISSING');
  if (missing.length > 0)
    return fail(
      'snapshots',
      'blocked',
      missing.map(({ message }) => message).join('; '),
      'Export the missing months, or pull them.',
    );
  const months = bookMonths(catalog, month);
  const opening = windowNames.map((window) => ({ window, at: openingMonthOf(month, window) }));
  const [open, without] = [
    opening.filter(({ at }) => months.includes(at)),
    opening.filter(({ at }) => !months.includes(at)),
  ];
  const told = (windows: typeof opening) => windows.map(({ window, at }) => `${window} from ${at}`).join(', ');
  const seen = `${counted(months.length, 'snapshot')} from ${months[0]} to ${months.at(-1)}; windows: ${open.length === 0 ? 'none' : told(open)}`;
  if (without.length === 0) return ok('snapshots', seen);
  return ok('snapshots', `${seen}; n/a before the first snapshot: ${told(without)}`);
};

/** The rates that a run would miss, with lines for the files that they belong into. */
const ratesCheck = (month: Month, { catalog, config, ratesFile }: Facts, faults: readonly GateFault[]): Check => {
  const missing = faults.filter(({ code }) => code === 'FX_MISSING');
  if (missing.length === 0) {
    const currencies = Object.entries(catalog.get(month)?.lines?.sums ?? {})
      .filter(([currency, { counting }]) => currency !== config.reportingCurrency && !exact(counting).isZero())
      .map(([currency]) => currency);
    return ok(
      'rates',
      currencies.length === 0
        ? `the book of ${month} is all in ${config.reportingCurrency}`
        : `${some(currencies, 10)}: there are rates into ${config.reportingCurrency} at the ends of every window`,
    );
  }
  const gaps = missing.flatMap(({ findings }) =>
    findings.map(({ file, value }) => ({ currency: value ?? '', month: file?.slice(0, 7) ?? '' })),
  );
  return fail(
    'rates',
    'blocked',
    missing.map(({ message }) => message).join('; '),
    'Write the rates of the month’s end into these files. A file of rates holds until a later month has one, and replaces the earlier ones as a whole.',
    rateLines(gaps, config.reportingCurrency, fileOfRates(catalog, ratesFile)),
  );
};

/** The file whose rates hold at a month, or the one that is to be made. */
export const fileOfRates =
  (catalog: Catalog, ratesFile: RatesFile) =>
  (month: string): { name: string; present: boolean } => {
    const holding = monthsWith(catalog, 'fx').findLast((at) => at <= month);
    return { name: ratesFile(holding ?? month), present: holding !== undefined };
  };

const whole = (value: string | null | undefined): number => exact(value ?? '0').toNumber();

const reasonsOf = async (month: Month, { lineage, lake }: Facts): Promise<Check> => {
  const rows = await lake.rows(lineage.unknownReasons(month));
  return reasonsCheck({
    unknown: rows.map(({ reason_key: key, cancellations }) => ({ key: key ?? '', count: whole(cancellations) })),
    keys: whole(rows[0]?.all_reasons),
    cancellations: whole(rows[0]?.all_cancellations),
    among: `the cancellations of the year up to ${month}`,
  });
};

const dimensionsOf = async (month: Month, { lineage, lake, catalog, config }: Facts): Promise<Check> => {
  const names = lineage.dimensions(month);
  const [row] = await lake.rows(lineage.accountsWithoutSegments(month));
  const columns = monthsWith(catalog, 'customers', month).flatMap(
    (at) => catalog.get(at)?.customers?.furtherColumns ?? [],
  );
  const strangers = (config.dimensions ?? []).filter((name) => !columns.includes(name));
  if (strangers.length > 0)
    return warn(
      'dimensions',
      `${some(strangers, dimensionSlots)}: configured under "dimensions", but no column of the customers`,
      'Correct the name in the configuration, or add the column.',
    );
  return dimensionsCheck({
    without: names.map((name, at) => ({ name, count: whole(row?.[`without_${at + 1}`]) })),
    among: `${counted(whole(row?.accounts), 'account')} that pay in ${month}`,
  });
};

const customersCheck = ([row]: readonly Row[]): Check => {
  const lines = whole(row?.unknown_lines);
  if (lines === 0) return ok('customers', 'every line is of a customer that the customers file has');
  return warn(
    'customers',
    `${counted(lines, 'line')} of customers that are in no customers file: they have no name and no segment`,
    'Complete the customers file.',
  );
};

type Facts = {
  readonly catalog: Catalog;
  readonly config: Config;
  readonly lineage: Lineage;
  readonly lake: Lake;
  readonly ratesFile: RatesFile;
};

/** Every check of a month in a folder of snapshots. `looked.store` should be one that forgets: nothing is meant to stay. */
export const monthChecks = async (
  { source, warnings: beside }: { readonly source: SnapshotSource; readonly warnings: readonly string[] },
  month: Month,
  config: Config,
  ratesFile: RatesFile,
  looked: Looked,
): Promise<Check[]> => {
  const { catalog: known } = await loadCatalog(looked.store);
  const { catalog, faults, warnings } = await ingest(source, month, known, crmReading(config.crm), looked);
  const ofExport = faults.filter(isOfExport);
  const files = [
    ...filesChecks(source, month, faults),
    ...(ofExport.length === 0 ? [] : [exportFaultsCheck(ofExport)]),
    ...leftAside([...new Set([...beside, ...warnings])]),
  ];
  if (faults.some(({ code }) => codesOfFiles.some((other) => other === code)))
    return [
      ...files,
      warn(
        'the rest',
        'control totals, snapshots, rates, reasons and dimensions were not looked at',
        'Put the files right, then ask the doctor again.',
      ),
    ];
  const candidates = lineageOf(catalog, config).candidates(month);
  const dimensions = candidates.slice(0, dimensionSlots);
  const chosen: Config = config.dimensions === undefined ? { ...config, dimensions: [...dimensions] } : config;
  const lineage = lineageOf(catalog, chosen);
  const lake = openLake(looked.store, looked.engine);
  const facts: Facts = { catalog, config, lineage, lake, ratesFile };
  const missing = missingInputs(catalog, lineage, month, chosen);
  const checks = [
    ...files,
    ...notesCheck(month, catalog),
    controlCheck(source, month, catalog, faults),
    snapshotsCheck(month, catalog, missing),
    ...missing
      .filter(({ code }) => code === 'BAD_ROW')
      .map(({ message }) => fail('amounts', 'blocked', message, 'Look for a line or a rate that is far too large.')),
    ...(missing.some(({ code }) => code === 'BAD_ROW') ? [] : [ratesCheck(month, facts, missing)]),
    await reasonsOf(month, facts),
    ...(await crmChecks(source, month, { catalog, config, lake, columns: looked.loader.columns })),
  ];
  if (partitionOf(catalog, month, 'lines') === null) return checks;
  const tooMany =
    config.dimensions === undefined
      ? tooManyDimensions(candidates, 'Choose among them under "dimensions" in retention.config.json.')
      : null;
  return [
    ...checks,
    tooMany ?? (await dimensionsOf(month, facts)),
    customersCheck(await lake.rows(lineage.unknownCustomers(month))),
  ];
};
