/** report.pdf, the board pack: 3 to 5 pages of A4, tagged and fit for archives (PDF/A-2a), set by Typst. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import { lastDayOf, parseMonth } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { ReportError } from '../errors.ts';
import { assetPath } from './assets.ts';
import { coverageOf, type HasGlyph, missing, printable } from './board-pack-glyphs.ts';
import { boardPackView, type PackDetail } from './board-pack-view.ts';

export const mostPages = 5;

/** From generous to frugal: a book with many segments or long names gets fewer rows, not a sixth page. */
const details: readonly PackDetail[] = [
  { dimensions: 8, segments: 12, movers: 10, gates: 6, changes: 8, benchmarks: 8, sectionsBeginPages: true },
  { dimensions: 8, segments: 12, movers: 10, gates: 6, changes: 8, benchmarks: 8, sectionsBeginPages: false },
  { dimensions: 8, segments: 6, movers: 8, gates: 4, changes: 6, benchmarks: 6, sectionsBeginPages: false },
  { dimensions: 6, segments: 4, movers: 6, gates: 3, changes: 4, benchmarks: 4, sectionsBeginPages: false },
  { dimensions: 3, segments: 3, movers: 5, gates: 3, changes: 2, benchmarks: 3, sectionsBeginPages: false },
];

type Press = { readonly compiler: NodeCompiler; readonly hasGlyph: HasGlyph };

/** The compiler is 50 MB of machine code: loaded for the first pack, kept for the next. */
const openPress = async (): Promise<Press> => {
  const { NodeCompiler } = await import('@myriaddreamin/typst-ts-node-compiler');
  const regular = readFileSync(assetPath('fonts/inter-regular.ttf'));
  const fontBlobs = [regular, readFileSync(assetPath('fonts/inter-semibold.ttf'))];
  const workspace = dirname(assetPath('board-pack.typ'));
  return { compiler: NodeCompiler.create({ workspace, fontArgs: [{ fontBlobs }] }), hasGlyph: coverageOf(regular) };
};

let press: Promise<Press> | null = null;

/** The data of a pack as the template reads it, and whether a character had to be left out. */
const dataOf = (report: Report, detail: PackDetail, hasGlyph: HasGlyph): string => {
  const print = (text: string) => printable(text, hasGlyph);
  const said = boardPackView(report, detail);
  let boxes = false;
  const printed: unknown = JSON.parse(JSON.stringify(said), (_, value: unknown) => {
    if (typeof value !== 'string') return value;
    const text = print(value);
    boxes ||= text !== value && text.includes(missing);
    return text;
  });
  const unprintable = boxes
    ? `${missing} stands for a character that is not in the font of this document. report.html shows it.`
    : '';
  return JSON.stringify({ ...(printed as object), unprintable });
};

const failed = (report: Report, cause: unknown) =>
  new ReportError(
    'unexpected',
    'PDF_FAILED',
    `the board pack of ${report.month} could not be set`,
    'Everything else of the report is complete: send the page instead.',
    { cause },
  );

/**
 * The board pack as the bytes of a PDF: dated on the last day of its month, the same for the same report.
 * Throws ReportError PDF_FAILED when it cannot be made; nothing else of a report depends on it.
 */
export const boardPackPdf = async (report: Report): Promise<Uint8Array> => {
  press ??= openPress();
  const { compiler, hasGlyph } = await press;
  const creationTimestamp = Date.parse(`${lastDayOf(parseMonth(report.month))}T12:00:00Z`) / 1000;
  for (const detail of details) {
    const compiled = compiler.compile({
      mainFilePath: assetPath('board-pack.typ'),
      inputs: { pack: dataOf(report, detail, hasGlyph) },
    });
    const document = compiled.result;
    if (document === null) {
      const error = compiled.takeError();
      throw failed(report, error === null ? null : compiler.fetchDiagnostics(error));
    }
    if (document.numOfPages > mostPages) continue;
    return compiler.pdf(document, { pdfStandard: 'a-2a', creationTimestamp });
  }
  throw failed(report, new Error(`more than ${mostPages} pages even with the fewest rows`));
};
