/** report.pdf, the board pack: 3 to 5 pages of A4, accessible (PDF/UA-1) and fit for archives (PDF/A-2a), set by Typst. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import { lastDayOf, parseMonth } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { ReportError } from '../errors.ts';
import { assetPath } from './assets.ts';
import { declareAccessible } from './board-pack-accessible.ts';
import { breakable } from './board-pack-breaks.ts';
import { type PackCharts, packCharts } from './board-pack-charts.ts';
import { coverageOf, type HasGlyph, missing, printable } from './board-pack-glyphs.ts';
import { boardPackView, type PackDetail } from './board-pack-view.ts';

export const mostPages = 5;

/** From generous to frugal: a book with many segments or long names gets fewer rows, not a sixth page. */
const generous: PackDetail = {
  dimensions: 8,
  segments: 12,
  heatMap: true,
  movers: 10,
  gates: 6,
  changes: 8,
  benchmarks: 8,
  sectionsBeginPages: true,
};

const flowing: PackDetail = { ...generous, sectionsBeginPages: false };

const details: readonly PackDetail[] = [
  generous,
  flowing,
  { ...flowing, segments: 8, movers: 8, changes: 6, benchmarks: 6 },
  { ...flowing, segments: 5, movers: 8, gates: 4, changes: 6, benchmarks: 6 },
  { ...flowing, dimensions: 4, segments: 4, movers: 6, gates: 3, changes: 4, benchmarks: 4 },
  { ...flowing, segments: 5, heatMap: false, movers: 6, gates: 3, changes: 4, benchmarks: 4 },
  { ...flowing, dimensions: 3, segments: 3, heatMap: false, movers: 4, gates: 3, changes: 2, benchmarks: 3 },
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

/** What the template reads: the view as JSON, every word of it fit to print, and what to say of characters that were not. */
const inputsOf = (report: Report, charts: PackCharts, detail: PackDetail, hasGlyph: HasGlyph) => {
  let boxes = false;
  const pack = JSON.stringify(boardPackView(report, charts, detail), (key, value: unknown) => {
    if (typeof value !== 'string') return value;
    const text = printable(value, hasGlyph);
    boxes ||= text !== value && text.includes(missing);
    return key === 'svg' ? text : breakable(text);
  });
  const unprintable = `${missing} stands for a character that is not in the font of this document. report.html shows it.`;
  return { pack, unprintable: boxes ? unprintable : '' };
};

const failed = (report: Report, cause: unknown) =>
  new ReportError(
    'unexpected',
    'PDF_FAILED',
    `the board pack of ${report.month} could not be set`,
    'Everything else of the report is complete: send the page instead.',
    { cause },
  );

/** Opened once and kept; where that failed, the next pack tries again. */
const opened = async (): Promise<Press> => {
  press ??= openPress();
  try {
    return await press;
  } catch (error) {
    press = null;
    throw error;
  }
};

const pressed = async (report: Report): Promise<Uint8Array> => {
  const { compiler, hasGlyph } = await opened();
  const creationTimestamp = Date.parse(`${lastDayOf(parseMonth(report.month))}T12:00:00Z`) / 1000;
  const mainFilePath = assetPath('board-pack.typ');
  const charts = packCharts(report);
  for (const detail of details) {
    const compiled = compiler.compile({ mainFilePath, inputs: inputsOf(report, charts, detail, hasGlyph) });
    const document = compiled.result;
    if (document === null) {
      const error = compiled.takeError();
      const told = error === null ? [] : compiler.fetchDiagnostics(error);
      throw new Error(`Typst refused the pack: ${JSON.stringify(told)}`);
    }
    if (document.numOfPages > mostPages) continue;
    return declareAccessible(compiler.pdf(document, { pdfStandard: 'a-2a', creationTimestamp }));
  }
  throw new Error(`more than ${mostPages} pages even with the fewest rows`);
};

/**
 * The board pack as the bytes of a PDF: dated on the last day of its month, the same for the same report.
 * Throws ReportError PDF_FAILED when it cannot be made; nothing else of a report depends on it.
 */
export const boardPackPdf = async (report: Report): Promise<Uint8Array> => {
  try {
    return await pressed(report);
  } catch (error) {
    throw failed(report, error);
  } finally {
    // The compiler keeps what it has set: 7 MB a pack, 2 MB with this. A backfill sets many.
    (await press?.catch(() => null))?.compiler.evictCache(1);
  }
};
