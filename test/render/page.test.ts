/** report.html as a browser takes it: its policy, its own names, its words, and what it says of the ledger it carries. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { exact } from '../../functions/core/money.ts';
import { windowNames } from '../../functions/core/month.ts';
import { amountText as amountOfReport } from '../../functions/render/formats.ts';
import { pageHtml } from '../../functions/render/page.ts';
import { segmentHighlights } from '../../functions/render/page-highlights.ts';
import { pageTerms } from '../../functions/render/page-terms.ts';
import { firstMonthReport, hostileNames, hostileReport, makeLedger, makeReport, ttmOf } from './fixture.ts';

const rich = pageHtml(makeReport(), makeLedger());
const hostileText = [...hostileNames.slice(0, -1), '</script><script>alert(1)</script>', '<!--<script>'];
const hostile = pageHtml(hostileReport(hostileText), {
  ...makeLedger(),
  windows: makeLedger().windows.map((window) => ({
    ...window,
    rows: window.rows.map((row, index) => ({ ...row, accountName: hostileText[index % hostileText.length] ?? '' })),
  })),
});
const pages: [string, string][] = [
  ['rich', rich],
  ['hostile', hostile],
  ['first month', pageHtml(firstMonthReport(), { dimensions: ['plan'], windows: [] })],
  ['without a ledger', pageHtml(makeReport(), null)],
];

const all = (html: string, pattern: RegExp): string[] => [...html.matchAll(pattern)].map(([, found = '']) => found);
const hash = (text: string | undefined) =>
  `'sha256-${createHash('sha256')
    .update(text ?? '')
    .digest('base64')}'`;

describe.each(pages)('%s', (name, html) => {
  test('admits its own style and script by their hashes, and nothing else', () => {
    const [style, ...otherStyles] = all(html, /<style>([\s\S]*?)<\/style>/g);
    const [script, ...otherScripts] = all(html, /<script>([\s\S]*?)<\/script>/g);
    expect([otherStyles, otherScripts]).toEqual([[], []]);
    expect(all(html, /http-equiv="Content-Security-Policy" content="([^"]*)"/g)).toEqual([
      `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; img-src data:; base-uri 'none'; form-action 'none'`,
    ]);
    const data = name === 'rich' || name === 'hostile' ? 1 : 0;
    expect(html.match(/<script/gi)).toHaveLength(1 + data);
    expect(html.match(/<\/script/gi)).toHaveLength(1 + data);
    expect(html.match(/<!--/g)).toBeNull();
  });

  test('has no inline style, no handler, and no address but those of the files beside it', () => {
    const markup = html.replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '');
    expect(markup).not.toMatch(/<[^>]*\s(style|on[a-z]+)=/i);
    const addresses = all(markup, /\s(?:href|src|action|xlink:href|srcset|data)="([^"]*)"/g);
    const files = ['report.pdf', 'report.xlsx', 'segments.csv', 'movements.csv', 'report.json'];
    expect(addresses.filter((address) => !address.startsWith('#') && address !== 'data:,').toSorted()).toEqual(
      expect.arrayContaining(files.toSorted()),
    );
    for (const address of addresses)
      expect([...files, 'data:,'].includes(address) || address.startsWith('#')).toBe(true);
    expect(html.replace(/xmlns(:xlink)?="http:\/\/www\.w3\.org\/[^"]*"/g, '')).not.toMatch(
      name === 'hostile' ? /(src|href)="http/ : /https?:\/\//,
    );
  });

  test('names nothing twice, and every reference leads somewhere', () => {
    const markup = html.replace(/<(script|style)\b(?! type)[\s\S]*?<\/\1>/g, '');
    const ids = all(markup, /\sid="([^"]*)"/g);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    const references = [
      ...all(markup, /\s(?:aria-labelledby|aria-describedby|popovertarget|for)="([^"]*)"/g).flatMap((text) =>
        text.split(' '),
      ),
      ...all(markup, /\shref="#([^"]*)"/g),
      ...all(markup, /url\(#([^)]*)\)/g),
    ];
    expect(references.length).toBeGreaterThan(3);
    expect(references.filter((reference) => !ids.includes(reference))).toEqual([]);
  });
});

test('the same report and ledger give the same bytes', () => {
  expect(pageHtml(makeReport(), makeLedger())).toBe(rich);
});

test('every word of the glossary opens where it stands, and stands in the list at the end', () => {
  for (const { id, term } of pageTerms) {
    expect(rich, term).toContain(`popover id="def-${id}"`);
    expect(rich, term).toContain(`<dt><dfn>${term}</dfn></dt>`);
  }
  const explained = new Set(all(rich, /popovertarget="def-([^"]*)"/g));
  const unasked = pageTerms.map(({ id }) => id).filter((id) => !explained.has(id));
  // The panel of failed payments says itself what is at risk.
  expect(unasked).toEqual(['at-risk']);
});

describe('the ledger behind the figures', () => {
  test('lines of the bridge and segments say what their movements must add up to', () => {
    const { bridge } = ttmOf(makeReport());
    const sums = Object.fromEntries(
      // The first of the three bridges, that of the trailing 12 months; a line of zero has nothing behind it.
      [
        ...(rich.split('<table class="bridge">')[1] ?? '').matchAll(
          /data-movement="(\w+)" data-cause="(\w*)" data-sum="([^"]*)"/g,
        ),
      ].map(([, movement, cause, value]) => [`${movement} ${cause}`.trim(), value]),
    );
    expect(sums).toEqual({
      new: bridge.new,
      ...(exact(bridge.reactivation).isZero() ? {} : { reactivation: bridge.reactivation }),
      expansion: bridge.expansion,
      contraction: `-${bridge.contraction}`,
      'churn voluntary': `-${bridge.voluntaryChurn}`,
      'churn involuntary': `-${bridge.involuntaryChurn}`,
      'churn paused': `-${bridge.pausedChurn}`,
      'churn unclassified': `-${bridge.unclassifiedChurn}`,
    });
    const everything = exact(bridge.closing).minus(exact(bridge.opening)).minus(exact(bridge.fx));
    expect(rich).toContain(`data-every data-sum="${everything.toFixed()}"`);
  });

  test('what was cut is told, with the file that has all', () => {
    const cut = pageHtml(makeReport(), makeLedger(20));
    const totals = makeLedger().windows.map(({ total }) => total);
    for (const total of totals) expect(cut).toContain(`The largest 20 of ${total}\u00a0movements`);
    expect(cut).toContain('<a href="movements.csv">movements.csv</a>');
    expect(rich).not.toMatch(/The largest \d+ of/);
  });

  test('without one there is nothing to open', () => {
    const without = pageHtml(makeReport(), null);
    expect(without).not.toMatch(/<dialog|<script type|<p [^>]*data-every/);
    expect(rich).toMatch(/<dialog id="drill"/);
  });
});

test('each window has its own figures, and the one the report leads with is chosen', () => {
  for (const name of windowNames)
    expect(rich.match(new RegExp(`data-window="${name}"`, 'g'))?.length).toBeGreaterThan(6);
  expect(rich).toMatch(/id="window-ttm" autocomplete="off" checked/);
  expect(rich.match(/ checked>/g)).toHaveLength(1);
  const month = pageHtml(makeReport({ windows: { ...makeReport().windows, ttm: null, quarter: null } }), null);
  expect(month).not.toContain('type="radio"');
  expect(month).toContain('class="figures pane leads" data-window="month"');
});

test('figures that sort have their exact value beside them, empty where there is none', () => {
  const report = makeReport();
  const segments = report.segments.map((row, index) => (index === 0 ? { ...row, ndr: null } : row));
  const html = pageHtml({ ...report, segments }, null);
  const values = all(html, /data-value="([^"]*)"/g);
  expect(values).toContain('');
  expect(values).toContain(report.segments[1]?.ndr);
  expect(values).toContain(report.segments[0]?.openingMrr);
  expect(values.every((value) => /^(-?\d+(\.\d+)?)?$/.test(value))).toBe(true);
});

test('segments that stand out are those of enough accounts, highest and lowest first', () => {
  const report = makeReport();
  const [highest, lowest] = segmentHighlights(report, 'ttm');
  const able = report.segments
    .filter(({ window, lowSample }) => window === 'ttm' && !lowSample)
    .toSorted((one, other) => exact(other.ndr ?? '0').comparedTo(exact(one.ndr ?? '0')));
  expect(highest?.places[0]?.name).toBe(able[0]?.segment);
  expect(lowest?.places[0]?.name).toBe(able.at(-1)?.segment);
  expect(segmentHighlights({ ...report, segments: report.segments.slice(0, 4) }, 'month')).toEqual([]);
});

describe('amounts in the script', async () => {
  const amounts: {
    unitsOf: (text: string, decimals: number) => bigint | null;
    amountText: (units: bigint, decimals: number) => string;
    signedText: (units: bigint, decimals: number) => string;
  } = await import(new URL('../../templates/page/amounts.js', import.meta.url).href);

  test.each([
    ['0.00', 2],
    ['0.05', 2],
    ['-0.05', 2],
    ['1234567.89', 2],
    ['-999.00', 2],
    ['-1000.10', 2],
    ['99999999999999999999999999999999999.99', 2],
    ['1234567', 0],
    ['-12', 0],
    ['1.234', 3],
  ])('%s reads as the report writes it', (text, decimals) => {
    const units = amounts.unitsOf(text, decimals);
    expect(units).toBe(BigInt(text.replace('.', '')));
    expect(amounts.amountText(units ?? 0n, decimals)).toBe(amountOfReport(text));
  });

  test('a change has its sign, and nothing has none', () => {
    expect([5n, -5n, 0n].map((units) => amounts.signedText(units, 2))).toEqual(['+0.05', '\u22120.05', '0.00']);
    expect(amounts.unitsOf('', 6)).toBeNull();
    expect(amounts.unitsOf('1.5', 6)).toBe(1_500_000n);
  });
});
