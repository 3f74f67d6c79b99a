/** Drawings as PNG, for mails. With the bundled fonts alone: the same bytes on every machine. */
import type { Drawing } from '../../templates/charts/drawing.ts';
import { assetPath } from './assets.ts';
import { indexedPng } from './indexed-png.ts';

/** Pixels of the picture for one of the drawing: sharp on a phone. */
const density = 2;

const fontNames = ['inter-regular.ttf', 'inter-semibold.ttf'] as const;

/** The two font files of the charts; throws when one is not there. */
export const bundledFonts = (): string[] => fontNames.map((name) => assetPath(`fonts/${name}`));

type Fonts = readonly string[];

const render = async (svg: string, fonts: Fonts, zoom: number) => {
  const { renderAsync } = await import('@resvg/resvg-js');
  return renderAsync(svg, {
    fitTo: { mode: 'zoom', value: zoom },
    font: { loadSystemFonts: false, fontFiles: [...fonts], defaultFontFamily: 'Inter' },
  });
};

const probe = (weight: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text x="2" y="15" font-family="Inter" font-size="14" font-weight="${weight}" fill="#000000">0m%</text></svg>`;

/** A font that cannot be read draws nothing, and nobody says so. Throws when a weight leaves no ink. */
const checkFonts = async (fonts: Fonts): Promise<void> => {
  for (const weight of [400, 600]) {
    const { pixels } = await render(probe(weight), fonts, 1);
    if (!pixels.some((value) => value > 0)) {
      throw new Error(`text of weight ${weight} leaves no ink: is ${fonts.join(', ')} a TrueType font?`);
    }
  }
};

const checked = new Map<string, Promise<void>>();

/** The picture at twice the size of the drawing. Throws when the fonts cannot be read. */
export const pngOf = async ({ svg }: Drawing, fonts: Fonts = bundledFonts()): Promise<Uint8Array> => {
  const key = fonts.join('\n');
  const check = checked.get(key) ?? checkFonts(fonts);
  checked.set(key, check);
  try {
    await check;
  } catch (error) {
    checked.delete(key);
    throw error;
  }
  return indexedPng(await render(svg, fonts, density));
};
