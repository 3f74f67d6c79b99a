/** report.xlsx: the report's figures as numbers, the ledger behind them, and formulas that recompute the one from the other. */
import writeExcelFile from 'write-excel-file/node';
import { minorUnitDecimals } from '../core/money.ts';
import type { Report } from '../core/report.ts';
import { longMonth } from './formats.ts';
import type { Ledger } from './ledger.ts';
import { formatsOf, type Sheet } from './workbook-cells.ts';
import { checksOf } from './workbook-checks.ts';
import { layout, unmarked } from './workbook-layout.ts';
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

/** The workbook as the library makes it, the ledger's rows still missing. */
const written = (sheets: readonly Sheet[], title: string, lastRows: ReadonlyMap<string, number>): Promise<Buffer> =>
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
    { ...font, features: [layout(sheets, title, lastRows)] },
  ).toBuffer();

const sharedStrings = 'xl/sharedStrings.xml';

/** Every file of the library's archive packed anew: the rows of the ledger in their sheet, their texts among the shared ones. */
const repacked = async (
  files: ReadonlyMap<string, Buffer>,
  movementsName: string,
  ledger: Ledger,
): Promise<Packed[]> => {
  const textOf = (name: string): string => {
    const content = files.get(name);
    if (content === undefined) throw new RangeError(`the workbook has no ${name}`);
    return content.toString('utf8');
  };
  const movements = movementsXml(ledger, textOf(movementsName), unmarked(textOf(sharedStrings)));
  // First of all: what it shares is known only then.
  const sheet = await pack(movementsName, movements.sheet);
  const packed: Packed[] = [];
  for (const [name, content] of files) {
    if (name === movementsName) packed.push(sheet);
    else if (name === sharedStrings) packed.push(await pack(name, [movements.sharedStrings()]));
    else packed.push(await pack(name, [content.toString('utf8')]));
  }
  return packed;
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
  const archive = await written(sheets, title, new Map([['Movements', rows + 1]]));
  const place = sheets.findIndex(({ name }) => name === 'Movements') + 1;
  return zip(await repacked(unzip(archive), `xl/worksheets/sheet${place}.xml`, ledger));
};
