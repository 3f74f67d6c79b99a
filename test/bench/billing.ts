/**
 * `npm run bench:billing`: pages a second and peak memory of a pull from a billing system, against a server on this machine
 * that makes its account up as it is asked. 10k and 100k subscriptions; `--large` adds 300k.
 */
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { table } from '../../functions/cli/terminal.ts';
import { parseMonth } from '../../functions/core/month.ts';
import { pullMonth } from '../../functions/sources/billing/pull-month.ts';
import { stripeReader } from '../../functions/sources/stripe/client.ts';
import { parseStripeAddress } from '../../functions/sources/stripe/settings.ts';
import { stripeSource } from '../../functions/sources/stripe/stripe-source.ts';
import { pulledOn, serveStripe } from './stripe-account.ts';

const home = join('.retention', 'bench', 'billing');

/** What a process of its own does: pulls one month. */
const pull = async (url: string): Promise<void> => {
  const address = 'stripe:?opportunity=deal';
  const source = stripeSource(stripeReader({ apiKey: 'rk_test_bench', url }), parseStripeAddress(address));
  const { pages } = await pullMonth(source, {
    month: parseMonth('2026-10'),
    timeZone: 'UTC',
    address,
    home,
    store: folderObjectStore(home),
    now: () => new Date(pulledOn),
    again: false,
    progress: () => {},
  });
  process.stdout.write(`pages ${pages}\n`);
};

type Measured = { readonly pages: number; readonly ms: number; readonly cpuMs: number; readonly peakMib: number };

const measure = async (subscriptions: number): Promise<Measured> => {
  await rm(home, { recursive: true, force: true });
  const server = await serveStripe(subscriptions);
  const start = performance.now();
  const child = spawn(
    process.execPath,
    ['--import', './test/bench/peak-memory.ts', import.meta.filename, '--pull', server.url],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let told = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      told += chunk;
    });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const ms = performance.now() - start;
  await server.close();
  await rm(home, { recursive: true, force: true });
  const [pages, peak, cpu] = ['pages', 'peak-rss-kib', 'cpu-us'].map(
    (name) => new RegExp(`${name} (\\d+)`).exec(told)?.[1],
  );
  if (code !== 0 || pages === undefined || peak === undefined || cpu === undefined)
    throw new Error(`the pull ended with ${code}: ${told}`);
  return {
    pages: parseInt(pages, 10),
    ms,
    cpuMs: parseInt(cpu, 10) / 1000,
    peakMib: parseInt(peak, 10) / 1024,
  };
};

const [, url] = process.argv.slice(2);
if (process.argv.includes('--pull')) await pull(url ?? '');
else {
  const sizes = [10_000, 100_000, ...(process.argv.includes('--large') ? [300_000] : [])];
  const rows: string[][] = [];
  let first: Measured | undefined;
  for (const size of sizes) {
    process.stderr.write(`pulling an account of ${size.toLocaleString('en')} subscriptions …\n`);
    const measured = await measure(size);
    first ??= measured;
    rows.push([
      size.toLocaleString('en'),
      measured.pages.toLocaleString('en'),
      `${(measured.ms / 1000).toFixed(1)} s`,
      `${(measured.cpuMs / 1000).toFixed(1)} s`,
      `${Math.round(measured.pages / (measured.ms / 1000))}`,
      `${Math.round(measured.peakMib)} MiB`,
      `${(measured.peakMib / first.peakMib).toFixed(2)} x`,
    ]);
  }
  const heads = ['Subscriptions', 'Pages', 'Time', 'Of processors', 'Pages/s', 'Peak memory', 'Beside the first'];
  process.stdout.write(`${table(heads, rows)}\n`);
}
