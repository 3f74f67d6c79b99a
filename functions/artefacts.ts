/** What a revision consists of: its figures, and mail, page, charts, board pack and workbook made of them. */
import { type ArchiveFile, reportBytes } from './archive.ts';
import { lastDayOf, parseMonth } from './core/month.ts';
import type { Report } from './core/report.ts';
import { boardPackPdf } from './render/board-pack.ts';
import { lightPalette } from './render/chart-palettes.ts';
import { type Chart, chartsOf } from './render/charts.ts';
import { headlineOf } from './render/headline.ts';
import type { Ledger } from './render/ledger.ts';
import { chartFile, type MailImage } from './render/mail-images.ts';
import { mimeMessage } from './render/mime.ts';
import { pageHtml } from './render/page.ts';
import { pngOf } from './render/png.ts';
import { archivedMail, mailMessage } from './render/render-mail.ts';
import { segmentsCsv } from './render/segments-csv.ts';
import { workbookXlsx } from './render/workbook.ts';

/** The charts that are archived and mailed: those of the headline window, none in the first month of a book. */
export const headlineCharts = (report: Report): readonly Chart[] => {
  const headline = headlineOf(report);
  return headline === null ? [] : chartsOf(report, headline.name);
};

/** What leans on other people's machine code, and may fail without keeping the report from anybody. */
export type Makers = {
  readonly picture: (chart: Chart) => Promise<Uint8Array>;
  readonly boardPack: (report: Report) => Promise<Uint8Array>;
  readonly workbook: (report: Report, ledger: Ledger) => Promise<Uint8Array>;
};

export const makers: Makers = {
  picture: ({ draw }) => pngOf(draw(lightPalette)),
  boardPack: boardPackPdf,
  workbook: workbookXlsx,
};

export type Missing = { readonly name: string; readonly problem: string };

export type Artefacts = {
  readonly files: readonly ArchiveFile[];
  /** Files that could not be made: the revision does without them. */
  readonly missing: readonly Missing[];
};

/** Makes what can be made, and remembers what could not. */
const attempts = () => {
  const missing: Missing[] = [];
  const attempt = async (name: string, make: () => Promise<Uint8Array>): Promise<Uint8Array | null> => {
    try {
      return await make();
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
      missing.push({ name, problem: `${error instanceof Error ? error.message : error}${cause}` });
      return null;
    }
  };
  return { missing, attempt };
};

const text = (content: string) => ({ bytes: new TextEncoder().encode(content) });

/** The archived message is a specimen: addressed to its sender, dated by the snapshot, the same bytes every time. */
const specimen = (report: Report, images: readonly MailImage[], sender: string): Promise<Uint8Array> =>
  mimeMessage({
    ...mailMessage(report, images),
    from: sender,
    to: sender,
    date: new Date(`${lastDayOf(parseMonth(report.month))}T12:00:00Z`),
    messageId: `<retention-${report.month}-r${report.revision}@${sender.slice(sender.lastIndexOf('@') + 1)}>`,
  });

export type ArtefactsProps = {
  readonly report: Report;
  readonly ledger: Ledger;
  /** movements.csv, written. */
  readonly ledgerPath: string;
  readonly sender: string;
};

/** Every file of a revision but its manifest. The same arguments give the same bytes. */
export const artefactsOf = async (
  { report, ledger, ledgerPath, sender }: ArtefactsProps,
  { picture, boardPack, workbook }: Makers = makers,
): Promise<Artefacts> => {
  const { missing, attempt } = attempts();
  const pictureOf = async (chart: Chart): Promise<MailImage | null> => {
    const png = await attempt(chartFile(chart.name), () => picture(chart));
    return png === null ? null : { name: chart.name, alt: chart.alt, png };
  };
  // Charts are rasterised, and the workbook is packed, by other threads while the board pack is set by this one.
  const [pictures, xlsx, pdf] = await Promise.all([
    Promise.all(headlineCharts(report).map(pictureOf)),
    attempt('report.xlsx', () => workbook(report, ledger)),
    attempt('report.pdf', () => boardPack(report)),
  ]);
  const images = pictures.filter((image) => image !== null);
  const mail = archivedMail(report, images);
  const files: ArchiveFile[] = [
    { name: 'report.json', content: { bytes: reportBytes(report) } },
    {
      name: 'report.html',
      content: text(
        pageHtml(
          report,
          ledger,
          missing.map(({ name }) => name),
        ),
      ),
    },
    { name: 'email.html', content: text(mail.html) },
    { name: 'email.txt', content: text(mail.text) },
    { name: 'email.eml', content: { bytes: await specimen(report, images, sender) } },
    ...images.map(({ name, png }) => ({ name: chartFile(name), content: { bytes: png } })),
    ...(pdf === null ? [] : [{ name: 'report.pdf', content: { bytes: pdf } }]),
    ...(xlsx === null ? [] : [{ name: 'report.xlsx', content: { bytes: xlsx } }]),
    { name: 'segments.csv', content: text(segmentsCsv(report)) },
    { name: 'movements.csv', content: { path: ledgerPath } },
  ];
  return { files, missing: missing.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
};
