/** report.xlsx: the report's figures as numbers, the ledger behind them, and formulas that recompute the one from the other. */
import writeExcelFile from 'write-excel-file/node';
import { minorUnitDecimals } from '../core/money.ts';
import type { Report } from '../core/report.ts';
import { longMonth } from './formats.ts';
import type { Ledger } from './ledger.ts';
import { formatsOf, type Sheet } from './workbook-cells.ts';
import { checksOf } from './workbook-checks.ts';
import { type Layout, layout, unmarked } from './workbook-layout.ts';
import { fitted, movementsSheet, movementsXml } from './workbook-movements.ts';
import { pack } from './workbook-pack.ts';
import { summarySheet } from './workbook-summary.ts';
import { bridgeSheet, dimensionNames, segmentsSheet, trendSheet } from './workbook-tables.ts';
import { type Packed, unzip, zip } from './workbook-zip.ts';

const font = { fontFamily: 'Calibri', fontSize: 11 };

const sheetsOf = (report: Report, ledger: Ledger): Sheet[] => {
  const decimals = minorUnitDecimals(report.reportingCurrency);
  const formats = formatsOf(decimals);
  const checks = checksOf(report, ledger, formats, decimals);
  const names = dimensionNames([...report.segments.map(({ dimension }) => dimension), ...ledger.dimensions]);
  return [
    summarySheet(report, formats, checks.verdict),
    bridgeSheet(report, formats),
    segmentsSheet(report, formats),
    trendSheet(report, formats),
    movementsSheet(ledger, names, formats),
    checks.sheet,
  ];
};

/** The archive as the library makes it, its sheets left empty. */
const written = (sheets: readonly Sheet[], { feature }: Layout): Promise<Buffer> =>
  writeExcelFile(
    sheets.map(({ name, rows, widths, frozenRows, frozenColumns, conditionalFormatting }) => ({
      sheet: name,
      data: rows.map((row) => [...row]),
      columns: widths.map((width) => ({ width })),
      orientation: 'landscape' as const,
      showGridLines: false,
      ...(frozenRows === 0 ? {} : { stickyRowsCount: frozenRows, stickyColumnsCount: frozenColumns }),
      ...(conditionalFormatting === undefined ? {} : { conditionalFormatting }),
    })),
    { ...font, features: [feature] },
  ).toBuffer();

const sharedStrings = 'xl/sharedStrings.xml';

/** Every file of the library's archive packed anew: the sheets in their place, and the ledger's rows in theirs. */
const repacked = async (
  files: ReadonlyMap<string, Buffer>,
  sheetXml: ReadonlyMap<string, string>,
  ledger: Ledger,
): Promise<Packed[]> => {
  const sheetNames = new Map([...sheetXml.keys()].map((name, index) => [`xl/worksheets/sheet${index + 1}.xml`, name]));
  const libraryStrings = files.get(sharedStrings);
  if (libraryStrings === undefined) throw new RangeError('the workbook has no shared strings');
  const movements = movementsXml(ledger, sheetXml.get('Movements') ?? '', unmarked(libraryStrings.toString('utf8')));
  const packed: Packed[] = [];
  let strings: Packed | null = null;
  for (const [path, content] of files) {
    const sheet = sheetNames.get(path);
    if (sheet === 'Movements') {
      packed.push(await pack(path, movements.sheet));
      strings = await pack(sharedStrings, [Buffer.from(movements.sharedStrings())]);
    } else if (sheet !== undefined) packed.push(await pack(path, [Buffer.from(sheetXml.get(sheet) ?? '')]));
    else if (path !== sharedStrings) packed.push(await pack(path, [content]));
  }
  if (strings === null) throw new RangeError('the workbook has no sheet of movements');
  return [...packed, strings];
};

/**
 * report.xlsx. The same report and ledger give the same bytes. A ledger that a sheet cannot hold is cut to the largest
 * movements of each window, and the checks that need the rest say so.
 */
export const workbookXlsx = async (report: Report, wholeLedger: Ledger): Promise<Uint8Array> => {
  const ledger = fitted(wholeLedger);
  const sheets = sheetsOf(report, ledger);
  const title = `Retention, ${longMonth(report.month)}, revision ${report.revision}`;
  const rows = ledger.windows.reduce((sum, window) => sum + window.rows.length, 0);
  const made = layout(sheets, title, new Map([['Movements', rows + 1]]));
  const archive = await written(sheets, made);
  return zip(await repacked(unzip(archive), made.sheetXml, ledger));
};
