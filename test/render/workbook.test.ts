/** The workbook read back by another library: its numbers, texts, formats and frozen headers; and the same bytes always. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Ledger } from '../../functions/render/ledger.ts';
import { workbookXlsx } from '../../functions/render/workbook.ts';
import { cellText, columnLetter } from '../../functions/render/workbook-cells.ts';
import { fitted } from '../../functions/render/workbook-movements.ts';
import { unzip } from '../../functions/render/workbook-zip.ts';
import {
  firstMonthReport,
  hostileNames,
  hostileReport,
  inYen,
  makeLedger,
  makeReport,
  ttmOf,
  withTotal,
} from './fixture.ts';
import { makeBook, readBook } from './workbook-reading.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const fixture = makeBook(makeReport(), makeLedger());

/** The row of a sheet that begins with these texts. */
const rowOf = (rows: readonly (readonly (string | number | null)[])[], ...start: readonly string[]) =>
  rows.find((row) => start.every((text, index) => row[index] === text)) ?? [];

describe('read back by another library', () => {
  it('has its sheets in reading order', async () => {
    const { book } = await fixture;
    expect(book.SheetNames).toEqual(['Summary', 'Bridge', 'Segments', 'Trend', 'Movements', 'Checks']);
  });

  it('leads with the answer, and with the figures of every window as numbers', async () => {
    const { rows, cell } = await fixture;
    const { windows } = makeReport();
    const summary = rows('Summary');
    expect(summary[0]?.[0]).toBe('Retention, October 2026');
    expect(summary.flat().some((value) => `${value}`.startsWith('Net dollar retention is 106.4% over'))).toBe(true);
    const ndr = rowOf(summary, 'Net dollar retention (NDR)');
    const figures = [windows.ttm, windows.quarter, windows.month].map((window) => Number(window?.total.ndr));
    expect(ndr.slice(1, 4)).toEqual(figures);
    const at = summary.indexOf(ndr as never) + 1;
    expect(cell('Summary', `B${at}`)).toMatchObject({ t: 'n', z: '0.0%' });
    expect(rowOf(summary, 'Opening MRR')[1]).toBe(Number(windows.ttm?.total.openingMrr));
    expect(rowOf(summary, 'Involuntary churn, share of opening MRR')[1]).toBeCloseTo(
      Number(windows.ttm?.total.involuntaryChurnMrr) / Number(windows.ttm?.total.openingMrr),
      6,
    );
  });

  it('says what a reader must know: warnings, restatements, low samples', async () => {
    const { rows } = await fixture;
    const all = rows('Summary').flat().join('\n');
    for (const part of ['Warning: Unclassified churn', 'This revision replaces revision 1', 'fewer than 50 accounts'])
      expect(all).toContain(part);
  });

  it('has a bridge whose columns add up', async () => {
    const { rows, cell } = await fixture;
    const [, ...lines] = rows('Bridge');
    const { bridge } = ttmOf(makeReport());
    expect(lines.map(([label]) => label)).toEqual([
      'Opening MRR',
      'New',
      'Reactivation',
      'Expansion',
      'Contraction',
      'Voluntary churn',
      'Involuntary churn',
      'Paused',
      'Unclassified churn',
      'Exchange rates',
      'Closing MRR',
    ]);
    for (const column of [1, 2, 3]) {
      const amounts = lines.map((line) => Number(line[column]));
      const total = amounts.slice(0, -1).reduce((sum, amount) => sum + Math.round(amount * 100), 0);
      expect(total).toBe(Math.round(amounts.at(-1)! * 100));
    }
    expect(rowOf(lines, 'Voluntary churn')[1]).toBe(-Number(bridge.voluntaryChurn));
    expect(cell('Bridge', 'B2').z).toBe('#,##0.00');
    expect(cell('Bridge', 'B3').z).toBe('+#,##0.00;-#,##0.00;#,##0.00');
  });

  it('has every segment and every month, to the last digit', async () => {
    const { rows } = await fixture;
    const { segments, trend } = makeReport();
    const [head, ...data] = rows('Segments');
    expect(data).toHaveLength(segments.length);
    for (const segment of segments.filter(({ window }) => window === 'quarter')) {
      const label = { plan: 'Plan', region: 'Region', acv_band: 'ACV band', cohort_year: 'Cohort year' };
      const name = label[segment.dimension as keyof typeof label];
      const row = rowOf(data, '3 months', name, segment.segment);
      const of = (title: string) => row[head?.indexOf(title) ?? -1];
      expect([of('NDR'), of('Churn'), of('Opening accounts')]).toEqual([
        Number(segment.ndr),
        Number(segment.churnMrr),
        segment.openingAccounts,
      ]);
      expect(of('Sample')).toBe(segment.lowSample ? 'low' : null);
    }
    expect(rows('Trend')).toHaveLength(trend.length + 1);
  });

  it('counts months as days, so that they sort and chart', async () => {
    const { rows, cell } = await fixture;
    const last = rows('Trend').findLastIndex(([, window]) => window === '12 months');
    // The last day of October 2026, counted from the end of 1899.
    expect(cell('Trend', `A${last + 1}`)).toMatchObject({ t: 'n', v: 46_326, z: 'mmm yyyy', w: 'Oct 2026' });
  });

  it('has the ledger row by row, amounts as numbers and ids as text', async () => {
    const { rows, cell } = await fixture;
    const ledger = makeLedger();
    const [head, ...data] = rows('Movements');
    expect(head).toEqual([
      ...['Window', 'Account', 'Account name', 'Movement', 'Cause', 'Reason', 'Opening MRR', 'Closing MRR', 'Change'],
      ...['Plan', 'Region', 'ACV band', 'Cohort year', 'Invoices', 'Opportunities'],
      ...['Opportunity types', 'Opportunity owners', 'Found by'],
    ]);
    const wanted = (['ttm', 'quarter', 'month'] as const).flatMap((name) => {
      const window = ledger.windows.find((one) => one.window === name)!;
      const label = { ttm: '12 months', quarter: '3 months', month: 'Month' }[name];
      return window.rows.map((row) => [
        ...[label, row.accountId, row.accountName, row.movement, row.cause, row.reason],
        ...[row.openingMrr, row.closingMrr, row.deltaMrr].map(Number),
        ...row.segments,
        row.invoiceIds,
        ...[row.opportunityIds, row.opportunityTypes, row.opportunityOwners, row.opportunityJoinedBy ?? ''].map(
          (text) => text || null,
        ),
      ]);
    });
    expect(data).toEqual(wanted);
    expect(cell('Movements', 'I2')).toMatchObject({ t: 'n', z: '#,##0.00' });
    expect(cell('Movements', 'M2')).toMatchObject({ t: 's', z: '@' });
  });

  it('keeps the digits of amounts that a float would lose in the file', async () => {
    const ledger = makeLedger(1);
    const windows = ledger.windows.map((window) => ({
      ...window,
      rows: window.rows.map((row) => ({ ...row, closingMrr: '90071992547409.93' })),
    }));
    const { xml } = await makeBook(makeReport(), { ...ledger, windows });
    expect(xml('Movements')).toContain('<v>90071992547409.93</v>');
  });

  it('freezes headers, filters data, fits pages and calculates when it is opened', async () => {
    const { xml, bytes } = await fixture;
    for (const sheet of ['Bridge', 'Segments', 'Trend', 'Movements', 'Checks'])
      expect(xml(sheet)).toMatch(/<pane ySplit="1" [^>]*state="frozen"/);
    expect(xml('Segments')).toMatch(/<pane ySplit="1" xSplit="3" topLeftCell="D2"/);
    const { rows } = await fixture;
    expect(xml('Movements')).toContain(`</sheetData><autoFilter ref="A1:R${rows('Movements').length}"/>`);
    expect(xml('Checks')).not.toContain('autoFilter');
    expect(xml('Segments')).toContain(
      '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>',
    );
    const workbook = unzip(bytes).get('xl/workbook.xml')?.toString('utf8');
    expect(workbook).toContain('fullCalcOnLoad="1"');
    expect(workbook).toContain('<definedName name="_xlnm.Print_Titles" localSheetId="4">Movements!$1:$1</definedName>');
  });

  it('has the decimals of the currency', async () => {
    const { cell } = await makeBook(inYen(), { dimensions: [], windows: [] });
    expect(cell('Bridge', 'B2').z).toBe('#,##0');
    expect(cell('Bridge', 'B3').z).toBe('+#,##0;-#,##0;#,##0');
  });

  it('shows an undefined ratio as n/a, never as a number', async () => {
    const { rows } = await makeBook(withTotal({ ndr: null, grr: null }), makeLedger());
    expect(rowOf(rows('Summary'), 'Net dollar retention (NDR)')[1]).toBe('n/a');
    const ofTheBook = rows('Checks').filter(([check, , dimension]) => check === 'NDR' && dimension === null);
    expect(ofTheBook.map(([, window]) => window)).toEqual(['3 months', 'Month']);
  });

  it('is made of a first month too', async () => {
    const { rows } = await makeBook(firstMonthReport(), { dimensions: [], windows: [] });
    expect(rows('Summary').flat().join(' ')).toContain('There is no opening snapshot yet');
    expect(rows('Movements')).toHaveLength(1);
  });
});

/** Names in the place of every text of the ledger. */
const hostileLedger = (): Ledger => {
  const ledger = makeLedger(60);
  const name = (index: number) => hostileNames[index % hostileNames.length] ?? '';
  return {
    dimensions: ledger.dimensions,
    windows: ledger.windows.map((window) => ({
      ...window,
      rows: window.rows.map((row, index) => ({
        ...row,
        accountId: name(index + 3),
        accountName: name(index),
        reason: name(index + 1),
        segments: row.segments.map((_, at) => name(index + at)),
        invoiceIds: name(index + 2),
        opportunityIds: name(index + 4),
      })),
    })),
  };
};

/** What XML 1.0 forbids. */
const forbidden = /(?![\t\n\r])[\p{Cc}\uFFFE\uFFFF\p{Surrogate}]/u;

describe('with hostile names', () => {
  it('has formulas and links of its own alone', async () => {
    const { book, xml } = await makeBook(hostileReport(), hostileLedger());
    for (const sheet of book.SheetNames) {
      expect(/<hyperlink|<f>[^<]*HYPERLINK/.test(xml(sheet)), sheet).toBe(false);
      for (const [address, cell] of Object.entries(book.Sheets[sheet]!)) {
        if (address.startsWith('!') || (cell as { f?: string }).f === undefined) continue;
        expect(['Checks', 'Summary']).toContain(sheet);
        expect((cell as { f: string }).f).not.toMatch(/HYPERLINK|1\+1|2\+3|SUM\(A1\)/);
      }
    }
  });

  it('shows them as text, one line each, no longer than a cell may be', async () => {
    const { rows } = await makeBook(hostileReport(), hostileLedger());
    const names = rows('Movements')
      .slice(1)
      .map((row) => `${row[2]}`);
    expect(names).toContain('=HYPERLINK("http://example.com","x")');
    expect(names).toContain('-2+3');
    expect(names).toContain('<script>alert("mail")</script>');
    expect(names).toContain('Evil Bcc: everyone@example.com');
    for (const name of names) expect(name).not.toMatch(/\p{Cc}/u);
    for (const value of rows('Movements').flat()) expect(`${value}`.length).toBeLessThanOrEqual(32_767);
  });

  it('is well-formed XML in every part', async () => {
    const bytes = await workbookXlsx(hostileReport(), hostileLedger());
    for (const [name, content] of unzip(bytes)) {
      const xml = content.toString('utf8');
      expect(forbidden.test(xml), name).toBe(false);
      expect(/&(?!(amp|lt|gt|quot|apos|#\d+);)/.test(xml), name).toBe(false);
    }
  });

  it.each([
    ['', ''],
    ['Acme', 'Acme'],
    [' Acme\n\tLtd ', 'Acme Ltd'],
    ['_x0041_', '_x005F_x0041_'],
    ['_xyz_', '_xyz_'],
    ['a\uFFFE\uE000b', 'ab'],
    ['x'.repeat(40_000), `${'x'.repeat(15_999)}…`],
  ])('%j is written %j', (raw, written) => expect(cellText(raw)).toBe(written));
});

describe('the bytes', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are the same at any time of day', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-01T08:00:00Z') });
    const morning = sha256(await workbookXlsx(makeReport(), makeLedger()));
    vi.setSystemTime(new Date('2031-06-30T23:59:58Z'));
    expect(sha256(await workbookXlsx(makeReport(), makeLedger()))).toBe(morning);
  });

  it('differ where a figure does', async () => {
    const other = withTotal({ ndr: '1.000001' });
    expect(sha256(await workbookXlsx(other, makeLedger()))).not.toBe(sha256((await fixture).bytes));
  });

  it('carry no date, no name and no path of this machine', async () => {
    const files = unzip((await fixture).bytes);
    expect([...files.keys()].filter((name) => /docProps|drawing/.test(name))).toEqual([]);
    const { bytes } = await fixture;
    const view = Buffer.from(bytes);
    const local = view.readUInt32LE(0);
    expect([local, view.readUInt16LE(10), view.readUInt16LE(12)]).toEqual([0x04034b50, 0, 0x21]);
  });
});

describe('a ledger larger than a sheet', () => {
  it('is cut to the largest movements of each window, and says so', () => {
    const ledger = makeLedger();
    const cut = fitted(ledger, 30);
    expect(cut.windows.map(({ window, rows }) => [window, rows.length])).toEqual([
      ['ttm', 10],
      ['quarter', 10],
      ['month', 10],
    ]);
    expect(cut.windows.map(({ total }) => total)).toEqual(
      ['ttm', 'quarter', 'month'].map((name) => ledger.windows.find(({ window }) => window === name)?.total),
    );
  });

  it('is left alone where it fits', () => {
    const rows = makeLedger().windows.reduce((sum, window) => sum + window.rows.length, 0);
    expect(fitted(makeLedger(), rows).windows.reduce((sum, window) => sum + window.rows.length, 0)).toBe(rows);
  });

  it('stays one sheet of rows in order over many pieces', async () => {
    const ledger = makeLedger(1);
    const [ttm] = ledger.windows.filter(({ window }) => window === 'ttm');
    const many = Array.from({ length: 6_000 }, (_, index) => ({ ...ttm!.rows[0]!, accountId: `acct_${index}` }));
    const book = readBook(
      await workbookXlsx(makeReport(), { ...ledger, windows: [{ window: 'ttm', rows: many, total: 6_000 }] }),
    );
    expect(book.rows('Movements').map((row) => row[1])).toEqual(['Account', ...many.map(({ accountId }) => accountId)]);
  });
});

it.each([
  [0, 'A'],
  [25, 'Z'],
  [26, 'AA'],
  [51, 'AZ'],
  [52, 'BA'],
  [701, 'ZZ'],
  [702, 'AAA'],
])('column %i is %s', (index, letters) => expect(columnLetter(index)).toBe(letters));
