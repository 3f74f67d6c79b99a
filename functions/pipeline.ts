/** A month from snapshot to mail: ingest, check, measure, render, archive, deliver. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Archived, archivedFile, archivedMonths, type Manifest, publish, readArchived } from './archive.ts';
import { artefactsOf, headlineCharts, type Makers } from './artefacts.ts';
import type { Config } from './core/config.ts';
import { crmReading } from './core/crm.ts';
import { lateRows } from './core/gates.ts';
import { addMonths, type Month } from './core/month.ts';
import type { Report } from './core/report.ts';
import { changedFigures, changedHistory } from './core/restatement.ts';
import { type Delivery, deliver } from './deliver.ts';
import { BlockedError, type GateFault } from './gate-fault.ts';
import { ingest, type SnapshotSource } from './ingest.ts';
import { type Catalog, loadCatalog, monthsWith, saveCatalog } from './lake/catalog.ts';
import { type Lake, openLake } from './lake/lake.ts';
import { type Lineage, lineageOf } from './lake/lineage.ts';
import { type LedgerPart, writeLedger } from './ledger-file.ts';
import { missingInputs } from './measurable.ts';
import { type Measurement, measure } from './measure.ts';
import type { Clock, Mailer, ObjectStore, Progress, QueryEngine, TableLoader } from './ports.ts';
import { queryText, reportQueryNames } from './queries/sql.ts';
import { chartFile, type MailImage } from './render/mail-images.ts';
import { mailMessage } from './render/render-mail.ts';
import { rebuildSite } from './site/rebuild-site.ts';
import { type TableName, tableNames } from './sources/source-file.ts';
import { codeVersion } from './version.ts';

/** What a run needs of the world. */
export type World = {
  readonly store: ObjectStore;
  readonly engine: QueryEngine;
  readonly loader: TableLoader;
  readonly mailer: Mailer;
  readonly clock: Clock;
  /** A folder of this run's own. */
  readonly scratch: string;
  readonly progress: Progress;
  /** Told to people, not to machines. */
  readonly note: (text: string) => void;
  /** How charts, board pack and workbook are made, where not in the usual way. */
  readonly makers?: Makers;
  /** Bytes that the engine has read for this run, where it is paid by them. */
  readonly bytesScanned?: () => Promise<number>;
};

export type MailOptions = { readonly recipients: readonly string[]; readonly resend: boolean };

export type ArchivedMonth = {
  readonly month: Month;
  readonly revision: number;
  readonly report: Report;
  /** False when the month's current revision says the same already. */
  readonly added: boolean;
  /** Files that could not be made: charts, board pack, workbook; `index.html` of the archive. */
  readonly missing: readonly string[];
};

type Mailed = Pick<ArchivedMonth, 'month' | 'revision' | 'report'>;

export type RunOutcome = ArchivedMonth & { readonly deliveries: readonly Delivery[] };

type Checked = {
  readonly catalog: Catalog;
  readonly etag: string | null;
  readonly lineage: Lineage;
  readonly lake: Lake;
  readonly measurement: Measurement;
};

/** Reads, checks and measures; changes nothing that is in use. Throws BlockedError when a gate blocks. */
const prepare = async (month: Month, source: SnapshotSource | null, config: Config, world: World): Promise<Checked> => {
  const { catalog: known, etag } = await loadCatalog(world.store);
  const none = { catalog: known, faults: [] as readonly GateFault[], warnings: [] as readonly string[] };
  const { catalog, faults, warnings } =
    source === null ? none : await ingest(source, month, known, crmReading(config.crm), world);
  for (const warning of new Set(warnings)) world.note(warning);
  if (faults.length > 0) throw new BlockedError(faults);
  const lineage = lineageOf(catalog, config);
  const missing = missingInputs(catalog, lineage, month, config);
  if (missing.length > 0) throw new BlockedError(missing);
  const lake = openLake(world.store, world.engine);
  const measurement = await measure({ catalog, lineage, closing: month, config, lake }, world.progress);
  for (const note of measurement.notes) world.note(note);
  if (measurement.faults.length > 0) throw new BlockedError(measurement.faults);
  return { catalog, etag, lineage, lake, measurement };
};

/** Runs the gates of a month. `world.store` should be one that forgets: nothing of a check is meant to stay. */
export const checkMonth = async (
  month: Month,
  source: SnapshotSource | null,
  config: Config,
  world: World,
): Promise<Report['gates']> => {
  const { catalog, measurement } = await prepare(month, source, config, world);
  return [...measurement.report.gates, ...(await lateRowsOf(month, catalog, world.store))];
};

/**
 * Reads, checks and measures a month, and has the engine build all that its ledger is made of: `archiveMonth` finds it
 * stored. Can be stopped anywhere and run again; changes nothing that is in use.
 */
export const measureMonth = async (
  month: Month,
  source: SnapshotSource | null,
  config: Config,
  world: World,
): Promise<void> => {
  const checked = await prepare(month, source, config, world);
  for (const { movements } of ledgersOf(checked)) await checked.lake.prepare(movements);
};

const lateRowsOf = async (month: Month, catalog: Catalog, store: ObjectStore): Promise<Report['gates']> => {
  const reported: readonly string[] = await archivedMonths(store);
  const late = Object.entries(catalog.get(month)?.cancellations?.endedMonths ?? {})
    .filter(([ended]) => ended < month && reported.includes(ended))
    .map(([ended, rows]) => ({ month: ended, rows }));
  return lateRows(month, late);
};

/** Every source file that the figures of a month depend on. */
const inputsOf = (month: Month, catalog: Catalog): Manifest['inputs'] => {
  const firstEvent = addMonths(month, -35);
  const newestExport = monthsWith(catalog, 'opportunities', month).at(-1);
  return [...catalog].flatMap(([at, tables]) => {
    const ended = Object.keys(tables.cancellations?.endedMonths ?? {});
    const used: Readonly<Record<TableName, boolean>> = {
      lines: at <= month,
      customers: at <= month,
      fx: at <= month,
      cancellations: ended.some((event) => event >= firstEvent && event <= month),
      payments: at <= month && at > addMonths(month, -12),
      opportunities: at === newestExport,
    };
    const files = tableNames
      .filter((table) => used[table])
      .flatMap((table) => (tables[table]?.files ?? []).map((file) => ({ month: at, table, ...file })));
    const control =
      tables.control !== undefined && at <= month ? [{ month: at, table: 'control', ...tables.control }] : [];
    return [...files, ...control];
  });
};

const manifestOf = (
  month: Month,
  revision: number,
  config: Config,
  engine: string,
  catalog: Catalog,
): Omit<Manifest, 'files'> => {
  // Whom it is sent to makes no difference to what is archived.
  const { recipients: _recipients, ...settings } = config;
  return {
    schemaVersion: 1,
    month,
    revision,
    codeVersion,
    engine,
    inputs: inputsOf(month, catalog),
    queries: reportQueryNames.map((name) => ({
      name,
      sha256: createHash('sha256').update(queryText(name)).digest('hex'),
    })),
    config: settings,
  };
};

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** Whether a current revision was made of the same inputs, configuration and code, and says the same. */
const isCurrent = (
  current: Archived | null,
  manifest: Omit<Manifest, 'files'>,
  report: Measurement['report'],
): current is Archived => {
  if (current === null) return false;
  const madeOf = ({ inputs, queries, config, codeVersion }: Omit<Manifest, 'files'>) => ({
    inputs: inputs.map(({ month, table, sha256 }) => ({ month, table, sha256 })),
    queries,
    config,
    codeVersion,
  });
  const { revision: _revision, restatement: _restatement, gates: _gates, ...archived } = current.report;
  const { gates: _now, ...figures } = report;
  return same(madeOf(current.manifest), madeOf(manifest)) && same(sorted(archived), sorted(figures));
};

const sorted = (value: object) => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));

/** The report with its revision, set against everything already archived. */
const complete = async (
  figures: Measurement['report'],
  current: Archived | null,
  gates: Report['gates'],
  store: ObjectStore,
): Promise<Report> => {
  const { schemaVersion, month, ...rest } = figures;
  const report: Report = {
    schemaVersion,
    month,
    revision: (current?.revision ?? 0) + 1,
    ...rest,
    gates: [...rest.gates, ...gates],
    restatement: null,
  };
  const archived = new Map<string, Report>();
  for (const point of await archivedMonths(store)) {
    const isShown = [...report.trend, ...report.trendOnOtherBasis].some((shown) => shown.month === point);
    if (point >= report.month || !isShown) continue;
    const found = await readArchived(store, point);
    if (found !== null) archived.set(point, found.report);
  }
  const changes = current === null ? [] : changedFigures(current.report, report);
  const earlierMonths = changedHistory(report, archived);
  if (changes.length === 0 && earlierMonths.length === 0) return report;
  return { ...report, restatement: { previousRevision: current?.revision ?? null, changes, earlierMonths } };
};

/** The ledger of each window that was measured. */
const ledgersOf = ({ measurement, lineage }: Checked): LedgerPart[] =>
  measurement.windows.map(({ window, accounts, moved }) => ({
    window,
    moved,
    movements: lineage.movements(accounts, window, measurement.dimensions),
  }));

/**
 * Reads, checks, measures and archives one month: adds a revision unless the current one says the same of the same inputs.
 * A gate that blocks throws BlockedError before anything that is in use has changed.
 */
export const archiveMonth = async (
  month: Month,
  source: SnapshotSource | null,
  config: Config,
  world: World,
): Promise<ArchivedMonth> => {
  const checked = await prepare(month, source, config, world);
  const current = await readArchived(world.store, month);
  const revision = (current?.revision ?? 0) + 1;
  const manifest = manifestOf(month, revision, config, world.engine.name, checked.catalog);
  const unchanged = isCurrent(current, manifest, checked.measurement.report) ? current : null;
  const keep = async ({ report }: Archived, missing: readonly string[]): Promise<ArchivedMonth> => {
    await saveCatalog(world.store, checked.catalog, checked.etag);
    const behind = await showInSite(world);
    return { month, revision: report.revision, report, added: false, missing: [...missing, ...behind] };
  };
  if (unchanged !== null && unchanged.manifest.missing === undefined) return keep(unchanged, []);
  world.progress('Writing the report', 0, 1);
  const late = await lateRowsOf(month, checked.catalog, world.store);
  const report = await complete(checked.measurement.report, current, late, world.store);
  await mkdir(world.scratch, { recursive: true });
  const ledger = join(world.scratch, `movements-${month}.csv`);
  const movements = await writeLedger(ledgersOf(checked), checked.measurement.dimensions, checked.lake, ledger);
  const { files, missing } = await artefactsOf(
    { report, ledger: movements, ledgerPath: ledger, sender: config.sender },
    world.makers,
  );
  for (const { name, problem } of missing) world.note(`${name} could not be made: ${problem}`);
  const names = missing.map(({ name }) => name);
  // What could not be made the last time is tried again; a revision comes of it only if something now can.
  if (unchanged !== null && !isMoreComplete(names, unchanged.manifest.missing ?? [])) {
    await rm(ledger);
    return keep(unchanged, names);
  }
  await saveCatalog(world.store, checked.catalog, checked.etag);
  const scanned = await world.bytesScanned?.();
  const about = {
    ...manifest,
    ...(scanned === undefined ? {} : { bytesScanned: scanned }),
    ...(names.length === 0 ? {} : { missing: names }),
  };
  await publish(world.store, about, files);
  const behind = await showInSite(world);
  world.progress('Writing the report', 1, 1);
  return { month, revision, report, added: true, missing: [...names, ...behind] };
};

/** Whether nothing is missing that was there, and something is there that was missing. */
const isMoreComplete = (missing: readonly string[], before: readonly string[]): boolean =>
  missing.length < before.length && missing.every((name) => before.includes(name));

/**
 * Brings the archive's site up to date, and resolves with its page where that failed or a month is damaged. The site is made of the archive and
 * can be made again: a month that is archived has not failed for it.
 */
const showInSite = async ({ store, note }: World): Promise<readonly string[]> => {
  try {
    const damaged = await rebuildSite(store);
    for (const month of damaged)
      note(`archive/month=${month} is not what was archived: restore it from the backup. The index says so of it`);
    return damaged.length === 0 ? [] : ['index.html'];
  } catch (error) {
    note(`the index of the archive could not be brought up to date: ${error instanceof Error ? error.message : error}`);
    return ['index.html'];
  }
};

/** The charts of an archived revision, as its mail shows them. */
const chartsIn = async (store: ObjectStore, { month, revision, report }: Mailed): Promise<MailImage[]> => {
  const archived = await readArchived(store, month, revision);
  if (archived === null) return [];
  const images: MailImage[] = [];
  for (const { name, alt } of headlineCharts(report)) {
    const path = await archivedFile(store, archived, chartFile(name));
    if (path !== null) images.push({ name, alt, png: await readFile(path) });
  }
  return images;
};

/** Mails an archived month to each recipient once, with the charts that its archive has. */
export const mailMonth = async (
  mailed: Mailed,
  config: Config,
  mail: MailOptions,
  world: Pick<World, 'store' | 'mailer' | 'clock'>,
): Promise<Delivery[]> => {
  const { month, revision, report } = mailed;
  const message = mailMessage(report, await chartsIn(world.store, mailed));
  return deliver({ month, revision, message }, { ...mail, sender: config.sender }, world);
};

/** Runs one month from snapshot to mail; without mail when `mail` is null. */
export const runMonth = async (
  month: Month,
  source: SnapshotSource | null,
  config: Config,
  mail: MailOptions | null,
  world: World,
): Promise<RunOutcome> => {
  const archived = await archiveMonth(month, source, config, world);
  return { ...archived, deliveries: mail === null ? [] : await mailMonth(archived, config, mail, world) };
};
