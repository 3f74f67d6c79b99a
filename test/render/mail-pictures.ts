/** Pictures to put into a mail where what they show is no matter: tiny PNGs, each of its own bytes. */
import { type ChartName, chartNames } from '../../functions/render/charts.ts';
import type { MailImage } from '../../functions/render/mail-images.ts';

/** One pixel, in a picture of at least `bytes` bytes. */
const pixel = (mark: string, bytes = 0): Uint8Array =>
  Buffer.concat([
    Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    ),
    Buffer.from(mark.padEnd(bytes, '.')),
  ]);

export const picture = (name: ChartName, changes: Partial<MailImage> = {}): MailImage => ({
  name,
  alt: `What ${name} finds`,
  png: pixel(name),
  ...changes,
});

export const largePicture = (name: ChartName, bytes: number): MailImage => picture(name, { png: pixel(name, bytes) });

export const everyPicture = (): MailImage[] => chartNames.map((name) => picture(name));
