/**
 * `npm run bench`: how long a month takes, how it grows, and what it is compared with, all measured in one run on this machine.
 * Books of 100k and 1M customers x 25 months; `--small` stops at 100k. Books are kept in .retention/bench. `--large` adds
 * 10M, of which only the months are made that the newest one opens from: 25 of them would take half a day.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { openDuckdb } from '../../functions/adapters/duckdb.ts';
import { duckdbQueryEngine } from '../../functions/adapters/duckdb-query-engine.ts';
import { duckdbTableLoader } from '../../functions/adapters/duckdb-table-loader.ts';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { table } from '../../functions/cli/terminal.ts';
import { defaultConfig } from '../../functions/core/config.ts';
import { addMonths, monthRange, parseMonth, windowLength } from '../../functions/core/month.ts';
import { loadCatalog } from '../../functions/lake/catalog.ts';
import { openLake } from '../../functions/lake/lake.ts';
import { lineageOf } from '../../functions/lake/lineage.ts';
import { partitionKey } from '../../functions/lake/tables.ts';
import { openFolderSource } from '../../functions/sources/folder-source.ts';
import { rowsInJavaScript, windowFunctions } from './baselines.ts';
import { makeBenchBook } from './make-book.ts';

const newest = parseMonth('2026-10');
const months = 25;
const root = join('.retention', 'bench');
const results: [what: string, book: string, value: string, beside: string][] = [];

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const say = (text: string) => process.stderr.write(`${text}\n`);
const timed = async <T>(work: () => Promise<T>): Promise<[ms: number, value: T]> => {
  const start = performance.now();
  const value = await work();
  return [performance.now() - start, value];
};
/** The quickest of three: what the machine can do, with its other work left out as far as possible. */
const best = async (work: () => Promise<unknown>): Promise<number> => {
  const times = [(await timed(work))[0], (await timed(work))[0], (await timed(work))[0]];
  return Math.min(...times);
};

type Ran = { readonly ms: number; readonly cpuMs: number; readonly peakMib: number };

/** A whole command in a process of its own: wall time, processor time and peak memory. */
const command = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, ['--import', './test/bench/peak-memory.ts', 'functions/cli.ts', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('close', (code) => {
      const peak = /peak-rss-kib (\d+)/.exec(errors)?.[1];
      const cpu = /cpu-us (\d+)/.exec(errors)?.[1];
      if (code !== 0 || peak === undefined || cpu === undefined)
        reject(new Error(`retention ${args.join(' ')} ended with ${code}: ${errors}`));
      else
        resolve({
          ms: performance.now() - start,
          cpuMs: parseInt(cpu, 10) / 1000,
          peakMib: parseInt(peak, 10) / 1024,
        });
    });
  });

const sizeName = (customers: number) => (customers >= 1_000_000 ? `${customers / 1_000_000}M` : `${customers / 1000}k`);

const bookOf = async (customers: number): Promise<string> => {
  const dir = join(root, `book-${sizeName(customers)}`);
  if (existsSync(join(dir, newest, 'control.json'))) return dir;
  say(`making a book of ${sizeName(customers)} customers x ${months} months …`);
  await rm(dir, { recursive: true, force: true });
  await makeBenchBook(dir, { customers, months, newest });
  return dir;
};

/** The newest month and those that its windows open from. */
const ends = [...Object.values(windowLength).map((length) => addMonths(newest, -length)), newest];

const endsOf = async (customers: number): Promise<string> => {
  const dir = join(root, `ends-${sizeName(customers)}`);
  if (existsSync(join(dir, newest, 'control.json'))) return dir;
  say(`making the ${ends.length} ends of a book of ${sizeName(customers)} customers …`);
  await rm(dir, { recursive: true, force: true });
  await makeBenchBook(dir, { customers, months, newest, only: ends });
  return dir;
};

/** What ten million customers need: with the default they end with OUT_OF_MEMORY. */
const memoryOf = (customers: number) => (customers >= 10_000_000 ? { RETENTION_MEMORY: '3GB' } : {});

/**
 * A first run, nothing in place: reads the four months that the newest one needs, measures, archives. Resolves with its
 * processor time: a run of half an hour never has a shared machine for itself.
 */
const firstRun = async (customers: number): Promise<number> => {
  const home = join(root, 'home');
  const source = await endsOf(customers);
  await rm(home, { recursive: true, force: true });
  say(`${sizeName(customers)}: a first run of the ends alone`);
  const memory = memoryOf(customers);
  const run = await command(['run', '--month', newest, '--source', source, '--home', home, '--no-email'], memory);
  results.push([
    `First run, ${ends.length} months read and one reported`,
    sizeName(customers),
    seconds(run.ms),
    [
      `${seconds(run.cpuMs)} of processors, peak ${Math.round(run.peakMib)} MiB`,
      ...Object.entries(memory).map((setting) => setting.join('=')),
    ].join(', '),
  ]);
  await rm(home, { recursive: true, force: true });
  return run.cpuMs;
};

/** Runs the newest month on a home that has the history, `keep` months of it. */
const monthWithHistory = async (book: string, keep: number): Promise<Ran & { home: string }> => {
  const home = join(root, 'home');
  await rm(home, { recursive: true, force: true });
  let source = book;
  if (keep < months) {
    source = join(root, 'shorter-book');
    await rm(source, { recursive: true, force: true });
    for (const month of monthRange(addMonths(newest, 1 - keep), newest))
      await cp(join(book, month), join(source, month), { recursive: true });
  }
  await command(['run', '--month', addMonths(newest, -1), '--source', source, '--home', home, '--no-email']);
  const run = await command(['run', '--month', newest, '--source', source, '--home', home, '--no-email']);
  return { home, ...run };
};

const measureQueries = async (home: string, size: string): Promise<number> => {
  const scratch = join(root, 'scratch');
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const store = folderObjectStore(home);
  const instance = await openDuckdb({ scratch });
  const engine = await duckdbQueryEngine({ instance, store, scratch });
  const { catalog } = await loadCatalog(store);
  const lineage = lineageOf(catalog, defaultConfig);
  const accounts = lineage.windowAccounts(newest, 'ttm');
  const cells = lineage.cells(accounts);
  const ttm = await best(async () => {
    await engine.materialise(accounts.sql, accounts.reads, accounts.target);
    await engine.query(cells.sql, cells.reads);
  });
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  const paths = await Promise.all(accounts.reads.map((read) => store.localFile(partitionKey(read))));
  const scan = await best(async () => {
    for (const path of paths)
      await connection.runAndReadAll(
        `SELECT bit_xor(hash(COLUMNS(c -> c NOT IN ('at_month', 'at_quarter', 'name')))) FROM read_parquet('${path}')`,
      );
  });
  results.push([
    'TTM window, all segments and causes',
    size,
    seconds(ttm),
    `${(ttm / scan).toFixed(1)} x a scan of the tables it reads (${seconds(scan)})`,
  ]);

  const linePaths = monthRange(addMonths(newest, 1 - months), newest).map((month) => {
    const version = catalog.get(month)?.lines?.version ?? '';
    return join(home, partitionKey({ table: 'lines', month, version }));
  });
  const [javascript] = await timed(() => rowsInJavaScript(connection, linePaths.at(-13) ?? '', linePaths.at(-1) ?? ''));
  results.push([
    '  the same NDR and GRR, rows in a JavaScript loop',
    size,
    seconds(javascript),
    `${(javascript / ttm).toFixed(1)} x`,
  ]);
  const [windows] = await timed(() => connection.runAndReadAll(windowFunctions(linePaths)));
  results.push([
    '  the same by window functions over 25 months',
    size,
    seconds(windows),
    `${(windows / ttm).toFixed(1)} x`,
  ]);

  const lake = openLake(store, engine);
  const points = monthRange(addMonths(newest, -11), newest);
  const trend = await best(async () => {
    for (const month of points) await lake.rows(lineage.cells(lineage.windowAccounts(month, 'ttm')));
  });
  results.push(['Trend of 12 months of ttm from stored cells', size, seconds(trend), '']);
  instance.closeSync();
  return ttm;
};

/** Ingest of the newest month's lines from every form that a folder may have them in: as made, unpacked, and as Parquet. */
const measureIngest = async (book: string, size: string): Promise<void> => {
  const home = join(root, 'ingest');
  const forms = join(root, 'forms');
  const scratch = join(home, 'scratch');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const form of ['csv.gz', 'csv', 'parquet']) {
    await rm(home, { recursive: true, force: true });
    await rm(forms, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true });
    await mkdir(join(forms, newest), { recursive: true });
    const made = join(book, newest, 'lines.csv.gz');
    const path = join(forms, newest, `lines.${form}`);
    if (form === 'csv.gz') await cp(made, path);
    else await connection.run(`COPY (FROM read_csv('${made}', all_varchar = true)) TO '${path}'`);
    const instance = await openDuckdb({ scratch });
    const loader = duckdbTableLoader({ instance, store: folderObjectStore(home), scratch });
    const { tables } = await (await openFolderSource(forms)).read(newest);
    const target = { table: 'lines', month: newest, version: 'bench' };
    const [ms, result] = await timed(() => loader.load({ table: 'lines', files: tables.lines, target }));
    if ('faults' in result) throw new Error('the bench book has faults');
    const rate = Math.round(result.loaded.rows / (ms / 1000)).toLocaleString('en');
    results.push([`Validated ingest of .${form} lines`, size, seconds(ms), `${rate} lines/s`]);
    instance.closeSync();
  }
  connection.closeSync();
  for (const left of [home, forms]) await rm(left, { recursive: true, force: true });
};

const sizes = [100_000, ...(process.argv.includes('--small') ? [] : [1_000_000])];
const wall: number[] = [];
const query: number[] = [];
for (const customers of sizes) {
  const size = sizeName(customers);
  const book = await bookOf(customers);
  say(`${size}: ingest`);
  await measureIngest(book, size);
  say(`${size}: the newest month on 24 months of history`);
  const run = await monthWithHistory(book, months);
  wall.push(run.ms);
  results.push([
    'Whole run of one month, history in place',
    size,
    seconds(run.ms),
    `${seconds(run.cpuMs)} of processors, peak ${Math.round(run.peakMib)} MiB`,
  ]);
  say(`${size}: queries and baselines`);
  query.push(await measureQueries(run.home, size));
  if (customers === sizes[0]) {
    say(`${size}: the same month on 12 months of history, and on 24 again`);
    // In turns, the least processor time of two each: other work on the machine must not pass for months.
    const shorter = [await monthWithHistory(book, 13)];
    const longer = [run, await monthWithHistory(book, months)];
    shorter.push(await monthWithHistory(book, 13));
    const [short, long] = [shorter, longer].map((runs) => Math.min(...runs.map(({ cpuMs }) => cpuMs)));
    results.push([
      '  the same on 12 months of history',
      size,
      seconds(shorter[0]?.ms ?? 0),
      `24 months take ${((long ?? 0) / (short ?? 1)).toFixed(2)} x its processor time (${seconds(short ?? 0)})`,
    ]);
  }
}
const addExponent = (what: string, of: readonly number[], times: readonly number[]) => {
  const [from = 1, to = 1] = [of[0], of.at(-1)];
  const exponent = Math.log((times.at(-1) ?? 1) / (times[0] ?? 1)) / Math.log(to / from);
  results.push([what, `${sizeName(from)} to ${sizeName(to)}`, exponent.toFixed(2), '1 is linear']);
};
if (sizes.length > 1) {
  addExponent('Growth exponent, whole run', sizes, wall);
  addExponent('Growth exponent, TTM window', sizes, query);
}
if (process.argv.includes('--large')) {
  const large = [100_000, 1_000_000, 10_000_000];
  const first: number[] = [];
  for (const customers of large) first.push(await firstRun(customers));
  addExponent('Growth exponent, first run, processor time', large, first);
}
await rm(join(root, 'home'), { recursive: true, force: true });
process.stdout.write(`${table(['Measured', 'Customers', 'Value', 'Beside'], results)}\n`);
