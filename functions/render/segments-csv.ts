/** segments.csv: every segment of every window as one row, for spreadsheets and finance systems. Exact, nothing rounded. */
import { type Report, retentionSchema, type SegmentRow } from '../core/report.ts';

const figures = retentionSchema.keyof().options;

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

/** A spreadsheet runs a cell that begins like this as a formula; an apostrophe makes it text again. */
const formulaStart = /^'*[=+\-@\t\r]/;

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** For names, which anybody can choose. Figures are ours: a minus there is a sign. */
export const textCell = (text: string): string => quoted(formulaStart.test(text) ? `'${text}` : text);

const rowOf = (row: SegmentRow): string =>
  [
    row.window,
    textCell(row.dimension),
    textCell(row.segment),
    ...figures.map((figure) => `${row[figure] ?? ''}`),
    `${row.lowSample}`,
    row.benchmark ?? '',
  ].join(',');

const header = ['window', 'dimension', 'segment', ...figures.map(snakeCase), 'low_sample', 'benchmark'].join(',');

/** RFC 4180 with LF, one row a dimension x segment x window in the report's order; an undefined ratio is an empty cell. */
export const segmentsCsv = ({ segments }: Report): string => `${[header, ...segments.map(rowOf)].join('\n')}\n`;
