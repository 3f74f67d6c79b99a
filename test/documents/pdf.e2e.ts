/** The board pack in other people's programs: poppler reads its figures, veraPDF holds it to PDF/A-2a and PDF/UA-1. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Decimal } from 'decimal.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { windowNames } from '../../functions/core/month.ts';
import type { Report } from '../../functions/core/report.ts';
import { boardPackPdf } from '../../functions/render/board-pack.ts';
import { makeRenderingBook } from '../bench/rendering-book.ts';
import { firstMonthReport, hostileReport, inYen, makeReport } from '../render/fixture.ts';

const run = promisify(execFile);

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'board-pack-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const written = async (name: string, report: Report): Promise<string> => {
  const path = join(scratch, `${name}.pdf`);
  await writeFile(path, await boardPackPdf(report));
  return path;
};

/** Lines as they stand on the page, each cut into its columns; a figure without its sign of grouping and unit. */
const linesOf = async (path: string): Promise<string[][]> => {
  const { stdout } = await run('pdftotext', ['-layout', '-enc', 'UTF-8', path, '-']);
  return stdout
    .replaceAll('\u200b', '')
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
};

const numberOf = (text: string | undefined): string =>
  (text ?? '').replaceAll(',', '').replace('−', '-').replace(/^\+/, '').replace(/%$/, '');

const percentOf = (ratio: string | null): string =>
  ratio === null ? 'n/a' : new Decimal(ratio).times(100).toDecimalPlaces(1, Decimal.ROUND_HALF_UP).toFixed(1);

const columnsOf = (lines: readonly (readonly string[])[], label: string): string[] => {
  const line = lines.find(([first, ...rest]) => first === label && rest.length > 0);
  if (line === undefined) throw new Error(`no line begins with ${label}`);
  return line.slice(1).map(numberOf);
};

const books: readonly (readonly [string, () => Report])[] = [
  ['the rich report', makeReport],
  ['a currency without decimals', inYen],
  ['the largest book', () => makeRenderingBook(1_000).report],
];

describe.each(books)('%s, read by pdftotext', (_, make) => {
  const report = make();
  let lines: string[][] = [];
  beforeAll(async () => {
    lines = await linesOf(await written('figures', report));
  });
  const windows = windowNames.toReversed().flatMap((name) => report.windows[name] ?? []);

  it('has every movement of every window as report.json states it', () => {
    const stated = [
      ['Opening MRR', windows.map(({ bridge }) => bridge.opening)],
      ['New', windows.map(({ bridge }) => bridge.new)],
      ['Reactivation', windows.map(({ bridge }) => bridge.reactivation)],
      ['Expansion', windows.map(({ bridge }) => bridge.expansion)],
      ['Contraction', windows.map(({ bridge }) => `-${bridge.contraction}`)],
      ['Voluntary churn', windows.map(({ bridge }) => `-${bridge.voluntaryChurn}`)],
      ['Involuntary churn', windows.map(({ bridge }) => `-${bridge.involuntaryChurn}`)],
      ['Paused', windows.map(({ bridge }) => `-${bridge.pausedChurn}`)],
      ['Unclassified churn', windows.map(({ bridge }) => `-${bridge.unclassifiedChurn}`)],
      ['Exchange rates', windows.map(({ bridge }) => bridge.fx)],
      ['Closing MRR', windows.map(({ bridge }) => bridge.closing)],
    ] as const;
    // Nothing has no sign.
    const signed = (amounts: readonly string[]) => amounts.map((amount) => amount.replace(/^-(0(\.0+)?)$/, '$1'));
    const bridge = lines.slice(lines.findIndex(([first]) => first === 'From opening to closing MRR'));
    for (const [label, amounts] of stated) expect(columnsOf(bridge, label), label).toEqual(signed(amounts));
  });

  it('has every ratio of every window, rounded once', () => {
    const totals = windows.map(({ total }) => total);
    const ratios = lines.slice(lines.findIndex(([first]) => first === 'Ratio'));
    const involuntary = totals.map(({ involuntaryChurnMrr, openingMrr }) =>
      percentOf(new Decimal(openingMrr).isZero() ? null : new Decimal(involuntaryChurnMrr).div(openingMrr).toString()),
    );
    for (const [label, shown] of [
      ['NDR', totals.map(({ ndr }) => percentOf(ndr))],
      ['GRR', totals.map(({ grr }) => percentOf(grr))],
      ['NDR without involuntary churn (counterfactual)', totals.map((total) => percentOf(total.ndrExInvoluntary))],
      ['Involuntary churn, share of opening MRR', involuntary],
      ['Logo retention', totals.map(({ logoRetention }) => percentOf(logoRetention))],
      ['Accounts at the start', totals.map(({ openingAccounts }) => `${openingAccounts}`)],
      ['Accounts still paying', totals.map(({ closingAccounts }) => `${closingAccounts}`)],
    ] as const) {
      expect(columnsOf(ratios, label), label).toEqual(shown);
    }
  });

  it('has segments of the headline window with their figures, as many as it says', () => {
    const stated = report.segments
      .filter(({ window }) => window === 'ttm')
      .map((row) => [
        row.segment,
        `${row.openingAccounts}`,
        row.openingMrr,
        percentOf(row.ndr),
        percentOf(row.grr),
        percentOf(row.ndrExInvoluntary),
        percentOf(row.logoRetention),
      ]);
    const shown = lines.map(([name = '', ...rest]) => [name, ...rest.slice(0, 6).map(numberOf)].join('|'));
    const present = stated.filter((row) => shown.includes(row.join('|')));
    const left = [
      ...lines
        .flat()
        .join('\n')
        .matchAll(/^(\d+) more segments? in the full report/gm),
    ];
    const hidden = left.reduce((sum, [, count = '0']) => sum + parseInt(count, 10), 0);
    expect(present.length).toBeGreaterThan(0);
    expect(present.length + hidden).toBe(stated.length);
  });

  it('has the accounts that moved most', () => {
    const moves = lines.slice(lines.findIndex(([first]) => first === 'Largest moves'));
    const [largest] = report.topMovers.filter(({ window }) => window === 'ttm');
    const line = moves.find(([first]) => first === largest?.accountName) ?? [];
    const figures = line.join(' ').split(/\s+/).slice(-3);
    expect(figures.map(numberOf)).toEqual([largest?.openingMrr, largest?.closingMrr, largest?.deltaMrr]);
  });
});

describe('veraPDF', () => {
  const { VERAPDF: validator = '' } = process.env;
  const main = 'org.verapdf.apps.GreenfieldCliWrapper';
  const packs: readonly (readonly [string, () => Report])[] = [
    ['rich', makeReport],
    ['first-month', firstMonthReport],
    ['hostile', hostileReport],
    ['largest', () => makeRenderingBook(1_000).report],
  ];
  const paths: string[] = [];

  beforeAll(async () => {
    if (!existsSync(validator)) {
      throw new Error('veraPDF is not here: run .ci/documents, or set VERAPDF to its greenfield-apps-….jar');
    }
    for (const [name, make] of packs) paths.push(await written(name, make()));
  });

  it.each(['2a', 'ua1'])('finds every pack to be %s', async (standard) => {
    const told = ['-cp', validator, main, '-f', standard, '--format', 'text', '-v', ...paths];
    // Its exit code is not 0 where a document fails: what it says tells more.
    const { stdout } = await run('java', told).catch((failure: { stdout: string }) => failure);
    expect(stdout.trim().split('\n')).toEqual(paths.map((path) => `PASS ${path} ${standard}`));
  });
});
