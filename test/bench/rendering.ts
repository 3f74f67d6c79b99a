/**
 * `node test/bench/rendering.ts`: what it takes to render the largest report that is meant to be rendered, 60 segments and
 * 100,000 movements: each document by itself and all together, time and peak memory, in a process of its own each.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { artefactsOf } from '../../functions/artefacts.ts';
import { table } from '../../functions/cli/terminal.ts';
import { windowNames } from '../../functions/core/month.ts';
import { type Report, reportSchema } from '../../functions/core/report.ts';
import { readLedgerRows } from '../../functions/ledger-rows.ts';
import { boardPackPdf } from '../../functions/render/board-pack.ts';
import { lightPalette } from '../../functions/render/chart-palettes.ts';
import { chartsOf } from '../../functions/render/charts.ts';
import type { Ledger } from '../../functions/render/ledger.ts';
import { pageHtml } from '../../functions/render/page.ts';
import { pngOf } from '../../functions/render/png.ts';
import { archivedMail } from '../../functions/render/render-mail.ts';
import { workbookXlsx } from '../../functions/render/workbook.ts';

const movements = 100_000;

/** Each document, and its bytes. */
const documents: Readonly<Record<string, (report: Report, ledger: Ledger) => Promise<number>>> = {
  mail: async (report) => Buffer.byteLength(archivedMail(report, []).html),
  page: async (report, ledger) => Buffer.byteLength(pageHtml(report, ledger)),
  charts: async (report) => {
    let bytes = 0;
    for (const chart of chartsOf(report, 'ttm')) bytes += (await pngOf(chart.draw(lightPalette))).byteLength;
    return bytes;
  },
  pdf: async (report) => (await boardPackPdf(report)).byteLength,
  xlsx: async (report, ledger) => (await workbookXlsx(report, ledger)).byteLength,
};

const folder = join('.retention', 'bench', 'rendering');

/** What a run makes: all of it, some of it side by side, and the message that is mailed. */
const everything = async (report: Report, ledger: Ledger): Promise<number> => {
  const ledgerPath = join(folder, 'ttm.csv');
  const { files, missing } = await artefactsOf({ report, ledger, ledgerPath, sender: 'report@example.com' });
  if (missing.length > 0) throw new Error(missing.map(({ name, problem }) => `${name}: ${problem}`).join('\n'));
  return files.reduce((sum, { content }) => sum + ('bytes' in content ? content.bytes.byteLength : 0), 0);
};

/** The report, and the ledger of each window as movements.csv has it: each process reads them as a run does. */
const writeBook = async (): Promise<void> => {
  const { makeRenderingBook } = await import('./rendering-book.ts');
  const { report, ledger } = makeRenderingBook(movements);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.json'), JSON.stringify(report));
  await writeFile(join(folder, 'dimensions.json'), JSON.stringify(ledger.dimensions));
  for (const { window, rows } of ledger.windows) {
    const lines = rows.map((row) =>
      [
        ...[window, row.accountId, row.accountName, row.movement, row.cause, row.reason],
        ...[row.openingMrr, row.closingMrr, row.deltaMrr, ...row.segments, row.invoiceIds, row.opportunityIds],
      ].join(','),
    );
    await writeFile(join(folder, `${window}.csv`), `header\n${lines.join('\n')}\n`);
  }
};

const readBook = async (): Promise<{ report: Report; ledger: Ledger }> => {
  const report = reportSchema.parse(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')));
  const windows = [];
  for (const window of windowNames) {
    const rows = await readLedgerRows(join(folder, `${window}.csv`), movements);
    windows.push({ window, rows, total: rows.length });
  }
  const dimensions = z.array(z.string()).parse(JSON.parse(await readFile(join(folder, 'dimensions.json'), 'utf8')));
  return { report, ledger: { dimensions, windows } };
};

/** What a process of its own does: reads the book, then makes the named documents against the clock. */
const render = async (names: readonly string[]): Promise<void> => {
  const { report, ledger } = await readBook();
  const start = performance.now();
  let bytes = 0;
  for (const name of names) bytes += (await (name === 'all' ? everything : documents[name])?.(report, ledger)) ?? 0;
  process.stdout.write(`took-ms ${Math.round(performance.now() - start)} bytes ${bytes}\n`);
};

type Measured = { readonly ms: number; readonly peakMib: number; readonly bytes: number };

const measured = (names: readonly string[]): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--import', './test/bench/peak-memory.ts', 'test/bench/rendering.ts', '--render', ...names],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('close', (code) => {
      const [, ms, bytes] = /took-ms (\d+) bytes (\d+)/.exec(output) ?? [];
      const peak = /peak-rss-kib (\d+)/.exec(errors)?.[1];
      if (code !== 0 || ms === undefined || bytes === undefined || peak === undefined)
        reject(new Error(`${names.join(' ')} ended with ${code}: ${errors}`));
      else resolve({ ms: parseInt(ms, 10), bytes: parseInt(bytes, 10), peakMib: parseInt(peak, 10) / 1024 });
    });
  });

const compareAll = async (): Promise<void> => {
  await writeBook();
  const all = Object.keys(documents);
  const rows: string[][] = [];
  for (const [told, names] of [
    ['nothing: the report and its ledger', []],
    ...all.map((name): [string, string[]] => [name, [name]]),
    ['all, as a run makes it', ['all']],
  ] satisfies [string, string[]][]) {
    // The quicker of two: other work on the machine is not the renderer's.
    const runs = [await measured(names), await measured(names)];
    rows.push([
      told,
      `${(Math.min(...runs.map(({ ms }) => ms)) / 1000).toFixed(2)} s`,
      `${Math.round(Math.max(...runs.map(({ peakMib }) => peakMib)))} MiB`,
      `${Math.round((runs[0]?.bytes ?? 0) / 1000).toLocaleString('en')} kB`,
    ]);
  }
  process.stdout.write(`60 segments, ${movements.toLocaleString('en')} movements\n`);
  process.stdout.write(`${table(['Rendered', 'Time', 'Peak memory of the process', 'Size'], rows)}\n`);
};

const [mode, ...names] = process.argv.slice(2);
if (mode === '--render') await render(names);
else await compareAll();
