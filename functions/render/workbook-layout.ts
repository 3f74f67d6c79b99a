/** What the writing library leaves out: results of formulas, filters, print set-up, and recalculation on opening. */
import type { Feature, Image } from 'write-excel-file/node';
import { type Cell, columnLetter, mark, type Result, type Sheet } from './workbook-cells.ts';

/** Replaces what must be there: the library's XML is known, and another one must not pass unnoticed. */
const replaced = (xml: string, wanted: string | RegExp, by: string): string => {
  const result = xml.replace(wanted, () => by);
  if (result === xml) throw new RangeError(`the workbook has no ${wanted} to replace`);
  return result;
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const resultOf = (cell: Cell | undefined): Result | undefined => cell?.result;

const formulaCell = /<c r="([A-Z]+)(\d+)"([^>]*)>(<f>[^<]*<\/f>)<\/c>/g;

const columnIndex = (letters: string): number =>
  [...letters].reduce((index, letter) => index * 26 + letter.charCodeAt(0) - 64, 0) - 1;

/** Formulas with what they come to, for viewers that do not calculate: previews, and Excel's protected view. */
const withResults = (xml: string, { rows }: Sheet): string =>
  xml.replaceAll(formulaCell, (_, letters: string, row: string, attributes: string, formula: string) => {
    const result = resultOf(rows[parseInt(row, 10) - 1]?.[columnIndex(letters)]);
    if (result === undefined) throw new RangeError(`the formula in ${letters}${row} has no result`);
    const type = result.isText ? ' t="str"' : '';
    return `<c r="${letters}${row}"${attributes}${type}>${formula}<v>${escaped(result.value)}</v></c>`;
  });

/** A header row that filters, over `lastRow` rows in all. */
const filterXml = ({ widths, frozenRows }: Sheet, lastRow: number): string =>
  `<autoFilter ref="A${frozenRows}:${columnLetter(widths.length - 1)}${lastRow}"/>`;

const footer = (title: string): string =>
  `<headerFooter><oddFooter>${escaped(`&L&8${title.replaceAll('&', '&&')}&C&8&A&R&8&P / &N`)}</oddFooter></headerFooter>`;

/** No mark on ids and years for being numbers stored as text, which they are meant to be. */
const withoutMarks = ({ widths }: Sheet, lastRow: number): string =>
  `<ignoredErrors><ignoredError sqref="A1:${columnLetter(widths.length - 1)}${lastRow}" numberStoredAsText="1"/></ignoredErrors>`;

/** As wide as the page, as many pages as it takes. */
const onPages = (xml: string, sheet: Sheet, lastRow: number, title: string): string => {
  const first = /<worksheet[^>]*>/.exec(xml)?.[0] ?? '<worksheet>';
  const fitted = replaced(xml, first, `${first}<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`);
  const setUp = `<pageSetup paperSize="9" orientation="${sheet.orientation}" fitToWidth="1" fitToHeight="0"/>`;
  return replaced(fitted, /<pageSetup [^>]*\/>/, `${setUp}${footer(title)}${withoutMarks(sheet, lastRow)}`);
};

const drawingReference = /<drawing [^>]*\/>/;

export type Layout = {
  readonly feature: Feature<Image['content']>;
  /** The finished XML of each sheet, once the library has written. */
  readonly sheetXml: ReadonlyMap<string, string>;
};

/**
 * Completes what the library makes. The sheets are kept here, and the library gets empty ones in their place, so that it
 * does not spend its time on compressing them. `lastRows` of sheets whose rows are put in later.
 */
export const layout = (sheets: readonly Sheet[], title: string, lastRows: ReadonlyMap<string, number>): Layout => {
  const kept = new Map<string, string>();
  const complete = (xml: string, sheet: Sheet): string => {
    const lastRow = lastRows.get(sheet.name) ?? sheet.rows.length;
    const paged = withResults(onPages(xml, sheet, lastRow, title), sheet);
    return sheet.hasFilter ? replaced(paged, '</sheetData>', `</sheetData>${filterXml(sheet, lastRow)}`) : paged;
  };
  const hiddenNames = sheets.flatMap((sheet, index) => {
    const lastRow = lastRows.get(sheet.name) ?? sheet.rows.length;
    const range = `${sheet.name}!$A$${sheet.frozenRows}:$${columnLetter(sheet.widths.length - 1)}$${lastRow}`;
    return sheet.hasFilter
      ? [`<definedName name="_xlnm._FilterDatabase" localSheetId="${index}" hidden="1">${range}</definedName>`]
      : [];
  });
  const printTitles = sheets.flatMap(({ name, frozenRows }, index) =>
    frozenRows === 0
      ? []
      : [`<definedName name="_xlnm.Print_Titles" localSheetId="${index}">${name}!$1:$${frozenRows}</definedName>`],
  );
  const feature: Layout['feature'] = {
    files: {
      transform: {
        'xl/worksheets/sheet{id}.xml': {
          transform: (xml, _options, { sheetIndex }) => {
            const sheet = sheets[sheetIndex];
            const drawing = drawingReference.exec(xml)?.[0];
            if (sheet === undefined || drawing === undefined) throw new RangeError('the workbook has an unknown sheet');
            kept.set(sheet.name, complete(xml.replace(drawing, ''), sheet));
            // The library takes it away itself, and insists on finding it.
            return drawing;
          },
        },
        'xl/workbook.xml': {
          transform: (xml) => {
            const names = [...hiddenNames, ...printTitles].join('');
            const named = replaced(xml, '<definedNames/>', names === '' ? '' : `<definedNames>${names}</definedNames>`);
            return replaced(named, '<calcPr/>', '<calcPr calcId="191029" fullCalcOnLoad="1"/>');
          },
        },
      },
    },
  };
  return { feature, sheetXml: kept };
};

/** The library's shared strings without the marks. */
export const unmarked = (sharedStringsXml: string): string => sharedStringsXml.replaceAll(mark, '');
