/** A run as steps that one after the other do what `runMonth` does in one go. Each may be stopped anywhere and run again. */
import { z } from 'zod';
import { readArchived } from './archive.ts';
import type { Config } from './core/config.ts';
import { crmReading } from './core/crm.ts';
import { isMonth, type Month } from './core/month.ts';
import { type Delivery, refuseUnknown } from './deliver.ts';
import { ReportError, usageError } from './errors.ts';
import { BlockedError, type GateFault } from './gate-fault.ts';
import type { SnapshotSource } from './ingest.ts';
import { atMost } from './lake/at-most.ts';
import { decode, encode, loadCatalog } from './lake/catalog.ts';
import { withLease } from './lease.ts';
import { loadedTable, loadTable } from './load-table.ts';
import { archiveMonth, checkMonth, mailMonth, measureMonth, type World } from './pipeline.ts';
import type { ObjectStore, TableLoader } from './ports.ts';
import { recipientsOf } from './recipients.ts';
import { failureSchema, type Outcome, outcomeSchema, type RunRequest, runKey } from './run-record.ts';
import type { BucketSource } from './sources/bucket-source.ts';
import { tableNames } from './sources/source-file.ts';

/** One table of one month that has to be read. */
export const taskSchema = z.strictObject({
  month: z.custom<Month>((value) => typeof value === 'string' && isMonth(value)),
  table: z.enum(tableNames),
});
export type Task = z.infer<typeof taskSchema>;

/** Months surveyed, and tables looked up, at a time. */
const sideBySide = 16;

/** The tables up to `month` that no run has read yet. */
export const tasksOf = async (
  month: Month,
  source: BucketSource,
  config: Config,
  store: ObjectStore,
): Promise<readonly Task[]> => {
  const reading = crmReading(config.crm);
  const { catalog } = await loadCatalog(store);
  const months = source.months.filter((at) => at <= month);
  const tasks = await atMost(sideBySide, months, async (at) => {
    const { tables } = await source.survey(at);
    const unread: Task[] = [];
    for (const table of tableNames) {
      const files = tables[table];
      const present = files === null || files.length > 0;
      const read = files !== null && (await loadedTable({ month: at, table, files, reading }, catalog, store)) !== null;
      if (present && !read) unread.push({ month: at, table });
    }
    return unread;
  });
  return tasks.flat();
};

const faultsFolder = (run: string) => `runs/${run}/faults/`;

/** Reads one table. What is wrong with it is put on record, so that a run tells of every table and not of the first. */
export const readTable = async (
  run: string,
  { month, table }: Task,
  source: Pick<BucketSource, 'readTable'>,
  config: Config,
  { store, loader }: { store: ObjectStore; loader: TableLoader },
): Promise<void> => {
  const { catalog } = await loadCatalog(store);
  const files = await source.readTable(month, table);
  const loaded = await loadTable({ month, table, files, reading: crmReading(config.crm) }, catalog, { store, loader });
  if (!('version' in loaded)) await store.put(`${faultsFolder(run)}${month}-${table}.json`, encode(loaded));
};

const faultsOf = async (run: string, store: ObjectStore): Promise<readonly GateFault[]> => {
  const faults: GateFault[] = [];
  for await (const key of store.list(faultsFolder(run))) {
    const stored = await store.get(key);
    if (stored !== null) faults.push(...decode(failureSchema.shape.faults, stored.bytes, key, 'Run the month again.'));
  }
  return faults;
};

/**
 * Measures the month and, unless it is a check, builds its ledger. Throws BlockedError when a gate blocks. `QUERY_UNFINISHED`
 * of the engine passes: the step has to be called again.
 */
export const measureStep = async (
  run: string,
  { month, check }: RunRequest,
  source: SnapshotSource,
  config: Config,
  world: World,
): Promise<void> => {
  const faults = await faultsOf(run, world.store);
  if (faults.length > 0) throw new BlockedError(faults);
  if (!check) return measureMonth(month, source, config, world);
  const gates = await checkMonth(month, source, config, world);
  await record(run, { month, archived: null, gates, deliveries: [] }, world.store);
};

/** Longer than a function can live. */
const archiveMinutes = 16;

export const archiveStep = async (
  run: string,
  { month }: RunRequest,
  source: SnapshotSource,
  config: Config,
  world: World,
): Promise<{ revision: number; added: boolean; missing: readonly string[] }> => {
  const lease = { month, run, minutes: archiveMinutes };
  const { revision, added, missing, report } = await withLease(lease, world, () =>
    archiveMonth(month, source, config, world),
  );
  await record(run, { month, archived: { revision, added }, gates: report.gates, deliveries: [] }, world.store);
  return { revision, added, missing };
};

/** Mails the archived revision. Who has it already is passed over; an unknown outcome is thrown after it is on record. */
export const deliverStep = async (
  run: string,
  { month, mail }: RunRequest,
  revision: number,
  ops: readonly string[],
  config: Config,
  world: Pick<World, 'store' | 'mailer' | 'clock'>,
): Promise<readonly Delivery[]> => {
  if (mail === null) return [];
  const recipients = recipientsOf(mail, config, ops);
  const found = await readArchived(world.store, month, revision);
  if (found === null)
    throw new ReportError(
      'unexpected',
      'REPORT_MISSING',
      `the archive has no revision ${revision} of ${month}`,
      'Run the month again.',
    );
  const current = await readArchived(world.store, month);
  // A run that is taken up again late must not send what has been corrected since.
  if (current !== null && current.revision > revision && !mail.resend)
    throw usageError(
      `revision ${revision} of ${month} has been superseded by revision ${current.revision}`,
      'Nothing was mailed by this run. Run the month again: it mails what is current.',
    );
  const { report } = found;
  const deliveries = await mailMonth({ month, revision, report }, config, { recipients, resend: mail.resend }, world);
  const outcome = await outcomeOf(run, world.store);
  await record(
    run,
    {
      month,
      archived: outcome?.archived ?? { revision, added: false },
      gates: report.gates,
      deliveries: [...deliveries],
    },
    world.store,
  );
  refuseUnknown(
    deliveries,
    'Ask them, or look in the events of SES; if it did not arrive, run the month again with --resend.',
  );
  return deliveries;
};

const record = async (run: string, outcome: Outcome, store: ObjectStore): Promise<void> => {
  await store.put(runKey(run, 'outcome.json'), encode(outcome));
};

const outcomeOf = async (run: string, store: ObjectStore): Promise<Outcome | null> => {
  const stored = await store.get(runKey(run, 'outcome.json'));
  return stored === null
    ? null
    : decode(outcomeSchema, stored.bytes, runKey(run, 'outcome.json'), 'Run the month again.');
};
