/** The mail with its charts: where each stands, what stands in for it, and how large the whole may be. */
import { describe, expect, test } from 'vitest';
import { lightPalette } from '../../functions/render/chart-palettes.ts';
import { chartsOf } from '../../functions/render/charts.ts';
import { headlineOf } from '../../functions/render/headline.ts';
import { chartFile, contentIdOf, type MailImage, mailable } from '../../functions/render/mail-images.ts';
import { mimeMessage } from '../../functions/render/mime.ts';
import { pngOf } from '../../functions/render/png.ts';
import { archivedMail, mailMessage } from '../../functions/render/render-mail.ts';
import { makeMail } from '../contract/mailer.ts';
import { firstMonthReport, hostileNames, hostileReport, makeReport } from './fixture.ts';
import { everyPicture, largePicture, picture } from './mail-pictures.ts';

const sources = (html: string): string[] => [...html.matchAll(/<img\s[^>]*?src="([^"]*)"/g)].map(([, src = '']) => src);

const names = ['trend', 'bridge', 'segments', 'involuntary'] as const;

describe('the charts', () => {
  test('stand in reading order, each by the table that has its figures', () => {
    const { html } = archivedMail(makeReport(), everyPicture());
    expect(sources(html)).toEqual(names.map(chartFile));
    const places = [
      'NDR and GRR over time',
      'chart-trend.png',
      '>Jan 2026</th>',
      'From opening to closing MRR',
      'chart-bridge.png',
      'Opening MRR</th>',
      '>Segments<',
      'chart-segments.png',
      'ACV band</th>',
      'Failed payments<',
      'Lost for good',
      'chart-involuntary.png',
      'Largest moves',
    ].map((part) => html.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });

  test('travel by Content-ID and lie in the archive by name: the rest is the same, text and all', () => {
    const images = everyPicture();
    const [sent, archived] = [mailMessage(makeReport(), images), archivedMail(makeReport(), images)];
    const byName = images.reduce(
      (html, image) => html.replace(`cid:${contentIdOf(image)}`, chartFile(image.name)),
      sent.html,
    );
    expect(byName).toBe(archived.html);
    expect([sent.subject, sent.text]).toEqual([archived.subject, archived.text]);
    expect(sources(sent.html).toSorted()).toEqual(sent.images.map(({ contentId }) => `cid:${contentId}`).toSorted());
  });

  test.each(names)('without %s the mail goes without it, and no figure with it', (name) => {
    const whole = archivedMail(makeReport(), everyPicture());
    const { html, text } = archivedMail(
      makeReport(),
      everyPicture().filter((image) => image.name !== name),
    );
    expect(sources(html)).toEqual(names.filter((other) => other !== name).map(chartFile));
    expect(text).toBe(whole.text);
    const figures = (page: string) => page.replace(/<[^>]*>/g, ' ').match(/[+−]?\d[\d,]*\.\d+%?/g);
    expect(figures(html)).toEqual(figures(whole.html));
  });

  test('where nothing can be drawn, nothing is shown', () => {
    expect(sources(archivedMail(makeReport(), []).html)).toEqual([]);
    expect(archivedMail(firstMonthReport(), []).html).not.toContain('over time');
  });

  test('one month of history has a chart and no table', () => {
    const report = makeReport();
    const trend = report.trend.filter(({ month }) => month === '2026-10');
    const { html } = archivedMail({ ...report, trend }, [picture('trend')]);
    expect(sources(html)).toEqual(['chart-trend.png']);
    expect(html).not.toContain('>Jul 2026</th>');
    expect(archivedMail({ ...report, trend }, []).html).not.toContain('over time');
  });

  test.each(hostileNames.filter((name) => name.length < 1_000))('an alternative text is text: %j', (alt) => {
    const skeleton = (html: string) => html.match(/<[^>]*?(?=[\s>])/g);
    const { html } = archivedMail(makeReport(), [picture('bridge', { alt })]);
    expect(skeleton(html)).toEqual(skeleton(archivedMail(makeReport(), [picture('bridge')]).html));
  });
});

describe('the year in five columns', () => {
  /** Of a trend in which each month of the 12 months has the NDR and GRR that are told. */
  const columnsOf = (told: Readonly<Record<string, readonly [ndr: string | null, grr: string | null]>>) => {
    const report = makeReport();
    const trend = report.trend.flatMap((point) => {
      const [ndr, grr] = told[point.month] ?? [];
      return point.window === 'ttm' && ndr !== undefined && grr !== undefined ? [{ ...point, ndr, grr }] : [];
    });
    const { text } = archivedMail({ ...report, trend }, []);
    return /NDR AND GRR OVER TIME.*\n-+\n(.*)\n(.*)\n(.*)/
      .exec(text)
      ?.slice(1)
      .map((line) => line.trim().split(/\s{2,}/));
  };

  test('are the figures of the trend, a quarter apart', () => {
    expect(
      columnsOf({
        '2025-10': ['1.0104', '0.9'],
        '2025-11': ['9.9', '0.1'],
        '2026-01': ['1.0205', '0.91'],
        '2026-04': ['1.03', '0.92'],
        '2026-07': ['0.94', '0.93'],
        '2026-10': ['1.05', '0.94'],
      }),
    ).toEqual([
      ['Oct 2025', 'Jan 2026', 'Apr 2026', 'Jul 2026', 'Oct 2026'],
      ['NDR', '101.0%', '102.1%', '103.0%', '94.0%', '105.0%'],
      ['GRR', '90.0%', '91.0%', '92.0%', '93.0%', '94.0%'],
    ]);
  });

  test('begin where the book does, and leave a gap where there is one', () => {
    expect(columnsOf({ '2026-04': ['1.03', null], '2026-10': ['1.05', '0.94'] })).toEqual([
      ['Apr 2026', 'Jul 2026', 'Oct 2026'],
      ['NDR', '103.0%', 'n/a', '105.0%'],
      ['GRR', 'n/a', 'n/a', '94.0%'],
    ]);
    expect(columnsOf({ '2026-09': ['1.03', '0.9'], '2026-10': ['1.05', '0.94'] })).toBeUndefined();
    expect(columnsOf({ '2025-10': [null, null], '2026-10': ['1.05', '0.94'] })).toBeUndefined();
  });
});

describe('size', () => {
  const drawn = async (report: ReturnType<typeof makeReport>): Promise<MailImage[]> =>
    Promise.all(
      chartsOf(report, headlineOf(report)?.name ?? 'ttm').map(async ({ name, alt, draw }) => ({
        name,
        alt,
        png: await pngOf(draw(lightPalette)),
      })),
    );

  test.each([
    ['rich', makeReport()],
    ['hostile', hostileReport()],
  ])('%s: below 90,000 bytes of HTML and 500,000 in all, with the charts as they are drawn', async (_name, report) => {
    const message = mailMessage(report, await drawn(report));
    expect(message.images.length).toBeGreaterThan(2);
    expect(Buffer.byteLength(message.html)).toBeLessThan(90_000);
    expect((await mimeMessage(makeMail(message))).byteLength).toBeLessThan(500_000);
  });

  test('pictures that leave no room for the next are followed by those that fit', async () => {
    const images = [
      largePicture('bridge', 150_000),
      largePicture('trend', 100_000),
      largePicture('segments', 60_000),
      largePicture('involuntary', 900_000),
    ];
    expect(mailable(images).map(({ name }) => name)).toEqual(['bridge', 'segments']);
    const message = mailMessage(makeReport(), images);
    expect(sources(message.html)).toHaveLength(2);
    expect(sources(archivedMail(makeReport(), images).html)).toEqual(['chart-bridge.png', 'chart-segments.png']);
    expect((await mimeMessage(makeMail(message))).byteLength).toBeLessThan(500_000);
  });
});
