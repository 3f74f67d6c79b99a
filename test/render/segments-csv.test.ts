/** segments.csv: complete, exact, and harmless in a spreadsheet. */
import { expect, test } from 'vitest';
import { segmentsCsv } from '../../functions/render/segments-csv.ts';
import { hostileReport, makeReport } from './fixture.ts';

/** A strict little RFC 4180 reader: it fails on a quote where none may be. */
const read = (csv: string): string[][] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let rest = csv;
  while (rest !== '') {
    const cell = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))([,\n])/.exec(rest);
    if (cell === null) throw new Error(`not RFC 4180: ${rest.slice(0, 60)}`);
    row.push(cell[1]?.replaceAll('""', '"') ?? cell[2] ?? '');
    if (cell[3] === '\n') {
      rows.push(row);
      row = [];
    }
    rest = rest.slice(cell[0].length);
  }
  return rows;
};

test('the header names every figure in snake case', () => {
  expect(segmentsCsv(makeReport()).split('\n')[0]).toBe(
    'window,dimension,segment,opening_accounts,closing_accounts,opening_mrr,closing_mrr,retained_mrr,expansion_mrr,contraction_mrr,churn_mrr,voluntary_churn_mrr,involuntary_churn_mrr,paused_churn_mrr,unclassified_churn_mrr,ndr,grr,ndr_ex_involuntary,logo_retention,low_sample,benchmark',
  );
});

test('one row a segment of the report, each figure as the report states it', () => {
  const report = makeReport();
  const [header = [], ...rows] = read(segmentsCsv(report));
  expect(rows).toHaveLength(report.segments.length);
  const at = (row: string[] | undefined, column: string) => row?.[header.indexOf(column)];
  for (const [index, segment] of report.segments.entries()) {
    expect(at(rows[index], 'window')).toBe(segment.window);
    expect(at(rows[index], 'segment')).toBe(segment.segment);
    expect(at(rows[index], 'opening_accounts')).toBe(`${segment.openingAccounts}`);
    expect(at(rows[index], 'opening_mrr')).toBe(segment.openingMrr);
    expect(at(rows[index], 'ndr')).toBe(segment.ndr ?? '');
    expect(at(rows[index], 'logo_retention')).toBe(segment.logoRetention ?? '');
    expect(at(rows[index], 'low_sample')).toBe(`${segment.lowSample}`);
    expect(at(rows[index], 'benchmark')).toBe(segment.benchmark ?? '');
  }
});

test('an undefined ratio is an empty cell, never a word', () => {
  const report = makeReport();
  const csv = segmentsCsv({ ...report, segments: report.segments.map((row) => ({ ...row, ndr: null })) });
  expect(csv).not.toMatch(/null|undefined|NaN|n\/a/);
});

test('a name that a spreadsheet would run becomes text; every other name stays what it was', () => {
  const names = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', 'a,b', 'a"b', 'two\nlines', 'plain', ' =1', "'=1", ''];
  const [row] = makeReport().segments;
  if (row === undefined) throw new Error('the fixture has no segment');
  const segments = names.map((segment) => ({ ...row, segment }));
  const cells = read(segmentsCsv({ ...makeReport(), segments }))
    .slice(1)
    .map((cellsOfRow) => cellsOfRow[2]);
  expect(cells).toEqual([
    "'=1+1",
    "'+1",
    "'-1",
    "'@SUM(A1)",
    "'\tx",
    "'\rx",
    'a,b',
    'a"b',
    'two\nlines',
    'plain',
    ' =1',
    // Its own apostrophe stays when the first is taken off.
    "''=1",
    '',
  ]);
});

test('hostile names keep the table rectangular', () => {
  const rows = read(segmentsCsv(hostileReport()));
  expect(new Set(rows.map(({ length }) => length))).toEqual(new Set([21]));
});
