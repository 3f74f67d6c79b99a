/**
 * `npm run cost`: what a month costs on AWS at list prices. Bytes scanned are those of the very columns that each query of
 * a month reads, taken from the Parquet files of a run on this machine; everything else is told with its arithmetic.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { quotedPath } from '../../functions/adapters/duckdb.ts';
import { table } from '../../functions/cli/terminal.ts';
import { withLocalWorld } from '../../functions/compose-local.ts';
import { openSnapshots } from '../../functions/compose-sources.ts';
import { defaultConfig } from '../../functions/core/config.ts';
import { addMonths, type Month, parseMonth } from '../../functions/core/month.ts';
import { lakeTables, partitionKey } from '../../functions/lake/tables.ts';
import { archiveMonth } from '../../functions/pipeline.ts';
import type { Partition, QueryEngine, TableLoader } from '../../functions/ports.ts';
import { makeBenchBook } from './make-book.ts';

const newest = parseMonth('2026-10');
const root = join('.retention', 'bench');

type Asked = { readonly sql: string; readonly reads: readonly Partition[]; readonly paths: readonly (string | null)[] };

/** Bytes of the columns that a query names, in the files that it reads. */
const bytesOf = async (connection: DuckDBConnection, { sql, reads, paths }: Asked): Promise<number> => {
  let bytes = 0;
  for (const [at, read] of reads.entries()) {
    const path = paths[at];
    const columns = Object.entries(lakeTables).find(([name]) => name === read.table)?.[1].columns ?? {};
    const named = Object.keys(columns).filter((column) => new RegExp(`\\b${column}\\b`).test(sql));
    if (path === null || path === undefined || named.length === 0) continue;
    const list = named.map((column) => `'${column}'`).join(', ');
    const found = await connection.runAndReadAll(
      `SELECT CAST(coalesce(sum(total_compressed_size), 0) AS VARCHAR) FROM parquet_metadata(${quotedPath(path)})
       WHERE split_part(path_in_schema, ', ', 1) IN (${list})`,
    );
    bytes += parseInt(`${found.getRowsJson()[0]?.[0] ?? 0}`, 10);
  }
  return bytes;
};

/** A month in the local world; `seen` is told of every statement before it runs. */
const archive = (month: Month, source: string, home: string, seen: (asked: Asked) => Promise<void> = async () => {}) =>
  withLocalWorld({ home, dryRun: false, environment: {}, progress: () => {}, note: () => {} }, async (world) => {
    const snapshots = await openSnapshots(source, world.store);
    const pathOf = (read: Partition) =>
      isScratch(read)
        ? Promise.resolve(join(world.scratch, 'tables', partitionKey(read).slice('lake/'.length)))
        : world.store.localFile(partitionKey(read));
    const tell = async (sql: string, reads: readonly Partition[]) =>
      seen({ sql, reads, paths: await Promise.all(reads.map(pathOf)) });
    const { engine } = world;
    const spied: QueryEngine = {
      ...engine,
      query: async (sql, reads) => {
        await tell(sql, reads);
        return engine.query(sql, reads);
      },
      materialise: async (sql, reads, target) => {
        await tell(sql, reads);
        await engine.materialise(sql, reads, target);
      },
      exportCsv: async (sql, reads, path) => {
        await tell(sql, reads);
        await engine.exportCsv(sql, reads, path);
      },
    };
    let loadingMs = 0;
    const loader: TableLoader = {
      ...world.loader,
      load: async (request) => {
        const start = performance.now();
        const loaded = await world.loader.load(request);
        loadingMs += performance.now() - start;
        return loaded;
      },
    };
    const start = performance.now();
    await archiveMonth(month, snapshots.source, defaultConfig, { ...world, engine: spied, loader });
    const wholeMs = performance.now() - start;
    await snapshots.remember();
    return { loadingSeconds: loadingMs / 1000, restSeconds: (wholeMs - loadingMs) / 1000 };
  });

const isScratch = (read: Partition) =>
  Object.entries(lakeTables).some(([name, { lifetime }]) => name === read.table && lifetime === 'run');

const total = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0);

type Measured = {
  readonly customers: number;
  readonly queries: number;
  readonly scanned: number;
  /** Athena charges ten megabytes at least for a query. */
  readonly charged: number;
  readonly loadingSeconds: number;
  readonly restSeconds: number;
};

/** The newest month on 24 months of history. */
const measured = async (customers: number): Promise<Measured> => {
  const source = join(root, `book-${customers >= 1_000_000 ? `${customers / 1_000_000}M` : `${customers / 1000}k`}`);
  const months = 25;
  if (!existsSync(join(source, newest, 'control.json'))) await makeBenchBook(source, { customers, months, newest });
  const home = join(root, 'cost-home');
  await rm(home, { recursive: true, force: true });
  await archive(addMonths(newest, -1), source, home);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const sizes: number[] = [];
  const times = await archive(newest, source, home, async (asked) => {
    sizes.push(await bytesOf(connection, asked));
  });
  connection.closeSync();
  instance.closeSync();
  await rm(home, { recursive: true, force: true });
  const charged = total(sizes.map((bytes) => Math.max(bytes, 10_000_000)));
  return { customers, queries: sizes.length, scanned: total(sizes), charged, ...times };
};

/** What ten times the customers take: bytes and seconds grow with the book, the number of queries does not. */
const grown = (from: Measured, customers: number): Measured => {
  const factor = customers / from.customers;
  return {
    ...from,
    customers,
    scanned: from.scanned * factor,
    charged: Math.max(from.charged, from.scanned * factor),
    loadingSeconds: from.loadingSeconds * factor,
    restSeconds: from.restSeconds * factor,
  };
};

/** List prices in US dollars, us-east-1, November 2026. */
const price = {
  athenaByte: 5 / 1e12,
  lambdaGigabyteSecond: 0.0000166667,
  transition: 0.025 / 1000,
  s3Write: 0.005 / 1000,
  s3Read: 0.0004 / 1000,
  mail: 0.1 / 1000,
};
/** Gigabytes of each function and transitions of a run, as the stack has them; requests and mails are assumed. */
const stack = {
  ingestGb: 3,
  measureGb: 1,
  archiveGb: 3,
  smallGb: 0.5,
  transitions: 13,
  writes: 400,
  reads: 2_000,
  mails: 10,
};
/** Assumed, not measured: how long Athena takes for a small query; eight run side by side. */
const secondsAQuery = 4;

const costOf = ({ charged, queries, loadingSeconds, restSeconds }: Measured) => {
  const athena = charged * price.athenaByte;
  const waiting = (queries * secondsAQuery) / 8 + restSeconds;
  const gigabyteSeconds =
    stack.ingestGb * loadingSeconds +
    stack.measureGb * waiting +
    stack.archiveGb * (restSeconds / 2 + 5) +
    stack.smallGb * 10;
  const lambda = gigabyteSeconds * price.lambdaGigabyteSecond;
  const rest =
    stack.transitions * price.transition +
    stack.writes * price.s3Write +
    stack.reads * price.s3Read +
    stack.mails * price.mail;
  return { athena, lambda, rest, sum: athena + lambda + rest };
};

const usd = (amount: number) => amount.toFixed(4);
const bytes = (value: number) => `${(value / 1e6).toFixed(0)} MB`;

const small = await measured(100_000);
const large = process.argv.includes('--small') ? grown(small, 1_000_000) : await measured(1_000_000);
const rows = [small, large, grown(large, 10_000_000), grown(large, 100_000_000)].map((month) => {
  const { athena, lambda, rest, sum } = costOf(month);
  return [
    month.customers.toLocaleString('en'),
    `${month.queries}`,
    bytes(month.scanned),
    bytes(month.charged),
    usd(athena),
    usd(lambda),
    usd(rest),
    usd(sum),
  ] as const;
});
process.stdout.write(
  `${table(['Customers', 'Queries', 'Scanned', 'Charged', 'Athena', 'Lambda', 'Other', 'USD a month'], rows)}\n`,
);
