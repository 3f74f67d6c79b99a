/** PNGs of drawings: every text leaves ink, and a font that cannot be read is an error, never an empty picture. */
import { Resvg } from '@resvg/resvg-js';
import { describe, expect, test } from 'vitest';
import { lightPalette } from '../../functions/render/chart-palettes.ts';
import { chartsOf } from '../../functions/render/charts.ts';
import { bundledFonts, pngOf } from '../../functions/render/png.ts';
import type { Drawing } from '../../templates/charts/drawing.ts';
import { textWidth } from '../../templates/charts/text.ts';
import { textBoxes } from './charts-drawn.ts';
import { makeReport } from './fixture.ts';

/** The pixels of a PNG, by a decoder that is not the encoder's own. */
const pixelsOf = (png: Uint8Array, { width, height }: Drawing) => {
  const href = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const size = `width="${width * 2}" height="${height * 2}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><image href="${href}" ${size}/></svg>`;
  return new Resvg(svg).render();
};

const charts = chartsOf(makeReport(), 'ttm');

describe('a chart as PNG', () => {
  test.each(charts.map((chart) => [chart.name, chart] as const))(
    'has ink for every text of %s',
    async (_name, chart) => {
      const drawing = chart.draw(lightPalette);
      const [png, silent] = await Promise.all([
        pngOf(drawing),
        pngOf({ ...drawing, svg: drawing.svg.replace(/<text [^>]*>[^<]*<\/text>/g, '') }),
      ]);
      const picture = pixelsOf(png, drawing);
      const without = pixelsOf(silent, drawing);
      expect([picture.width, picture.height]).toEqual([drawing.width * 2, drawing.height * 2]);
      const [inked, blank] = [picture.pixels, without.pixels];
      const inkOf = ({ left, right, top, bottom }: ReturnType<typeof textBoxes>[number]) => {
        let changed = 0;
        for (let y = Math.floor(top * 2); y < bottom * 2; y += 1)
          for (let x = Math.max(0, Math.floor(left * 2)); x < Math.min(right * 2, picture.width); x += 1) {
            const at = 4 * (y * picture.width + x);
            if (Math.abs(inked[at]! - blank[at]!) > 40) changed += 1;
          }
        return changed / Math.max(1, (right - left) * (bottom - top) * 4);
      };
      const boxes = textBoxes(drawing);
      expect(boxes.length).toBeGreaterThan(10);
      expect(boxes.filter((box) => inkOf(box) < 0.08)).toEqual([]);
    },
  );

  test('is the same bytes each time, and small enough for a mail', async () => {
    const sizes = await Promise.all(
      charts.map(async ({ draw }) => {
        const [one, other] = [await pngOf(draw(lightPalette)), await pngOf(draw(lightPalette))];
        expect(Buffer.from(one).equals(Buffer.from(other))).toBe(true);
        return one.byteLength;
      }),
    );
    expect(Math.max(...sizes)).toBeLessThan(90_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(200_000);
  });
});

describe('fonts', () => {
  const drawing = charts[0]!.draw(lightPalette);

  test('that are not there throw', async () => {
    await expect(pngOf(drawing, ['/nowhere/inter.ttf'])).rejects.toThrow(/weight 400 leaves no ink/);
    await expect(pngOf(drawing, [])).rejects.toThrow(/leaves no ink/);
  });

  test('that are no fonts throw', async () => {
    await expect(pngOf(drawing, [import.meta.filename])).rejects.toThrow(/leaves no ink/);
  });

  test('have both weights, and the bold one is bolder', () => {
    const ink = (weight: number) => {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="4" y="30" font-family="Inter" font-size="28" font-weight="${weight}">Retention</text></svg>`;
      const { pixels } = new Resvg(svg, { font: { loadSystemFonts: false, fontFiles: bundledFonts() } }).render();
      return pixels.reduce((sum, value, at) => (at % 4 === 3 ? sum + value : sum), 0);
    };
    expect(ink(600)).toBeGreaterThan(ink(400) * 1.1);
  });

  test.each([
    ['HMmmwwllii 0123456789', 400],
    ['HMmmwwllii 0123456789', 600],
    ['Hébergement Łódź −12.3% … H', 400],
  ] as const)('are as wide as labels are measured: %s, %i', (text, weight) => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="60"><text x="4" y="40" font-family="Inter" font-size="30" font-weight="${weight}">${text}</text></svg>`;
    const box = new Resvg(svg, { font: { loadSystemFonts: false, fontFiles: bundledFonts() } }).innerBBox();
    expect(Math.abs(box!.width / textWidth(text, 30, weight) - 1)).toBeLessThan(0.03);
  });
});
