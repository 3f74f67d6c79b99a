/** The pictures of a mail: charts as PNG, archived beside it, and what stands in for each where pictures are blocked. */
import { createHash } from 'node:crypto';
import type { InlineImage } from '../ports.ts';
import type { ChartName } from './charts.ts';

/** A chart as a template shows it, wherever its bytes are. `alt` is plain text. */
export type Picture = { readonly name: ChartName; readonly alt: string };

/** A chart as it is archived and mailed. */
export type MailImage = Picture & { readonly png: Uint8Array };

/** What a chart is called in the archive. */
export const chartFile = (name: ChartName): string => `chart-${name}.png`;

/** Stable for these very bytes, and no other picture's: mail programs keep pictures by this name. */
export const contentIdOf = ({ name, png }: MailImage): string =>
  `chart-${name}.${createHash('sha256').update(png).digest('hex').slice(0, 16)}@retention-report`;

/** Bytes of PNG that leave room for the texts in a message of 500 kB, where a picture takes a third more. */
const imageByteLimit = 240_000;

/** As many of the charts, in their order, as a message has room for. */
export const mailable = (images: readonly MailImage[]): readonly MailImage[] => {
  let bytes = 0;
  return images.filter(({ png }) => {
    if (bytes + png.byteLength > imageByteLimit) return false;
    bytes += png.byteLength;
    return true;
  });
};

export const inlineImage = (image: MailImage): InlineImage => ({
  contentId: contentIdOf(image),
  fileName: chartFile(image.name),
  png: image.png,
});
