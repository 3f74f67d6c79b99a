/**
 * `node test/bench/rendering.ts`: what it takes to render the largest report that is meant to be rendered, 60 segments and
 * 100,000 movements: each document by itself and all together, time and peak memory, in a process of its own each.
 */
import { spawn } from 'node:child_process';
import { table } from '../../functions/cli/terminal.ts';
import type { Report } from '../../functions/core/report.ts';
import { boardPackPdf } from '../../functions/render/board-pack.ts';
import { lightPalette } from '../../functions/render/chart-palettes.ts';
import { chartsOf } from '../../functions/render/charts.ts';
import type { Ledger } from '../../functions/render/ledger.ts';
import { pageHtml } from '../../functions/render/page.ts';
import { pngOf } from '../../functions/render/png.ts';
import { archivedMail } from '../../functions/render/render-mail.ts';
import { workbookXlsx } from '../../functions/render/workbook.ts';
import { makeRenderingBook } from './rendering-book.ts';

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

/** What a process of its own does: makes the book, then the named documents against the clock. */
const render = async (names: readonly string[]): Promise<void> => {
  const { report, ledger } = makeRenderingBook(movements);
  const start = performance.now();
  let bytes = 0;
  for (const name of names) bytes += (await documents[name]?.(report, ledger)) ?? 0;
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
  const all = Object.keys(documents);
  const rows: string[][] = [];
  for (const [told, names] of [
    ['nothing: the report and its ledger', []],
    ...all.map((name): [string, string[]] => [name, [name]]),
    ['all', all],
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
