/** The workbook in LibreOffice, which calculates every formula anew: all checks are 0, and not where a figure is wrong. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { read, utils } from '@e965/xlsx';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Report, reportSchema } from '../../functions/core/report.ts';
import type { Ledger } from '../../functions/render/ledger.ts';
import { workbookXlsx } from '../../functions/render/workbook.ts';
import { makeRenderingBook } from '../bench/rendering-book.ts';
import { hostileNames, hostileReport, makeLedger, makeReport, withTotal } from '../render/fixture.ts';

const office = ['/usr/bin/soffice', '/usr/bin/libreoffice', '/opt/libreoffice/program/soffice'].find(existsSync);

/** Makes LibreOffice calculate when it opens a workbook, whatever results the file carries. */
const alwaysCalculate = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>`;

type Value = string | number | null;

type Calculated = {
  readonly verdict: string;
  /** Check, window, dimension, segment, reported, recomputed, difference, and what from. */
  readonly checks: readonly Value[][];
};

describe('in LibreOffice', () => {
  let scratch = '';

  beforeAll(async () => {
    if (office === undefined) throw new Error('LibreOffice is not here: install libreoffice-calc-nogui');
    scratch = await mkdtemp(join(tmpdir(), 'workbook-'));
    await mkdir(join(scratch, 'profile', 'user'), { recursive: true });
    await writeFile(join(scratch, 'profile', 'user', 'registrymodifications.xcu'), alwaysCalculate);
  });

  afterAll(async () => {
    if (scratch !== '') await rm(scratch, { recursive: true, force: true });
  });

  /** Opens a workbook, calculates it, saves it, and reads what was saved. */
  const calculated = async (bytes: Uint8Array): Promise<Calculated> => {
    const folder = await mkdtemp(join(scratch, 'book-'));
    await writeFile(join(folder, 'report.xlsx'), bytes);
    await promisify(execFile)(
      office ?? '',
      [
        `-env:UserInstallation=file://${join(scratch, 'profile')}`,
        '--headless',
        '--convert-to',
        'xlsx:Calc MS Excel 2007 XML',
        '--outdir',
        join(folder, 'calculated'),
        join(folder, 'report.xlsx'),
      ],
      { timeout: 170_000 },
    );
    const book = read(await readFile(join(folder, 'calculated', 'report.xlsx')));
    const sheet = (name: string): Value[][] =>
      utils.sheet_to_json(book.Sheets[name] ?? {}, { header: 1, defval: null, raw: true });
    const [, ...checks] = sheet('Checks');
    const verdict = sheet('Summary').find(([first]) => /^Checks: |checks differ/.test(`${first}`))?.[0];
    return { verdict: `${verdict}`, checks };
  };

  const differing = ({ checks }: Calculated) =>
    checks.filter(([, , , , , , difference]) => difference !== 0 && difference !== null);

  it('all checks of a report and its ledger are 0', async () => {
    const result = await calculated(await workbookXlsx(makeReport(), makeLedger()));
    expect(differing(result)).toEqual([]);
    expect(result.verdict).toBe(`Checks: all ${result.checks.length} differences are 0.`);
    expect(result.checks.length).toBeGreaterThan(300);
  });

  it('a wrong figure shows, whatever result the file carries', async () => {
    const result = await calculated(await workbookXlsx(withTotal({ grr: '0.999999' }), makeLedger()));
    expect(differing(result).map(([check, window]) => [check, window])).toEqual([['GRR', '12 months']]);
    expect(result.verdict).toMatch(/^1 of \d+ checks differ/);
  });

  it('a wrong movement shows', async () => {
    const ledger = makeLedger();
    const windows = ledger.windows.map((window) => ({
      ...window,
      rows: window.rows.map((row) => ({ ...row, movement: 'new' as const })),
    }));
    const result = await calculated(await workbookXlsx(makeReport(), { ...ledger, windows }));
    expect(differing(result).length).toBeGreaterThan(100);
    expect(result.verdict).toMatch(/checks differ/);
  });

  it('segments with odd names are found, and nothing else is', async () => {
    const names = new Map([
      ['Starter', '<5'],
      ['Team', '*'],
      ['Business', '2024'],
      ['Enterprise', 'EMEA (*)'],
    ]);
    const nameOf = (name: string) => names.get(name) ?? name;
    const base = makeReport();
    const report: Report = reportSchema.parse({
      ...base,
      segments: base.segments.map((row) => ({
        ...row,
        segment: row.dimension === 'plan' ? nameOf(row.segment) : row.segment,
      })),
    });
    const ledger = makeLedger();
    const windows = ledger.windows.map((window) => ({
      ...window,
      rows: window.rows.map((row) => ({
        ...row,
        segments: row.segments.map((one, at) => (at === 0 ? nameOf(one) : one)),
      })),
    }));
    expect(differing(await calculated(await workbookXlsx(report, { ...ledger, windows })))).toEqual([]);
  });

  it('hostile names neither calculate nor break anything', async () => {
    const ledger = makeLedger(20);
    const name = (index: number) => hostileNames[index % hostileNames.length] ?? '';
    const windows: Ledger['windows'] = ledger.windows.map((window) => ({
      ...window,
      rows: window.rows.map((row, index) => ({ ...row, accountName: name(index), reason: name(index + 1) })),
    }));
    const result = await calculated(await workbookXlsx(hostileReport(), { ...ledger, windows }));
    expect(differing(result)).toEqual([]);
    expect(result.verdict).toContain('Not everything could be recomputed');
  });

  it('a ledger of 30,000 rows and 60 segments adds up', async () => {
    const { report, ledger } = makeRenderingBook(30_000);
    const result = await calculated(await workbookXlsx(report, ledger));
    expect(differing(result)).toEqual([]);
    expect(result.checks.length).toBeGreaterThan(900);
  });
});
