/** The page as readers use it: windows, sorting, filters, movements, definitions, by mouse and by keyboard alone. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { windowNames } from '../../functions/core/month.ts';
import { pageHtml } from '../../functions/render/page.ts';
import { firstMonthReport, hostileReport, makeLedger, makeReport } from '../render/fixture.ts';
import {
  accessibilityFaults,
  everyView,
  type Opened,
  type OpenOptions,
  openBrowser,
  openPage,
  screenshot,
  sidewaysScroll,
} from './browser.ts';

const pages = {
  rich: () => pageHtml(makeReport(), makeLedger()),
  cut: () => pageHtml(makeReport(), makeLedger(60)),
  hostile: () => pageHtml(hostileReport(), makeLedger()),
  'first-month': () => pageHtml(firstMonthReport(), { dimensions: ['plan'], windows: [] }),
};
type PageName = keyof typeof pages;

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'));
  for (const [name, html] of Object.entries(pages)) await writeFile(join(folder, `${name}.html`), html());
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

const pathOf = (name: PageName) => join(folder, `${name}.html`);

/** Whatever is done with the page, it asks nobody for anything and complains of nothing. */
const visit = async (
  name: PageName,
  act: (page: Page, opened: Opened) => Promise<void>,
  options: Partial<OpenOptions> & { readonly hash?: string } = {},
): Promise<void> => {
  const { hash = '', ...rest } = options;
  const target = hash === '' ? pathOf(name) : `${pathToFileURL(pathOf(name)).href}${hash}`;
  const opened = await openAt(target, { width: 1280, ...rest });
  try {
    await act(opened.page, opened);
    expect([...opened.refused, ...opened.complaints]).toEqual([]);
  } finally {
    await opened.close();
  }
};

/** `openPage` takes paths; an address with a # is gone to from there. */
const openAt = async (target: string, options: OpenOptions): Promise<Opened> => {
  const at = target.indexOf('#');
  if (at < 0) return openPage(browser, target, options);
  const opened = await openPage(browser, new URL(target).pathname, options);
  await opened.page.goto('about:blank');
  await opened.page.goto(target);
  return opened;
};

const shownWindows = (page: Page) =>
  page
    .locator('.pane:visible')
    .evaluateAll((panes) => [...new Set(panes.map((pane) => pane.getAttribute('data-window')))]);
const rowsOf = (page: Page) => page.locator('.pane:visible table.segments tr[data-of]:visible');
const namesOf = (page: Page) => rowsOf(page).locator('.name').allTextContents();
const report = makeReport();
const ttm = report.segments.filter(({ window }) => window === 'ttm');
const drillOf = (page: Page, movement: string, cause = '') =>
  page.locator(`.pane:visible tr[data-movement="${movement}"][data-cause="${cause}"] button.drill`);
const isOpen = (page: Page) => page.locator('dialog#drill').evaluate((dialog) => dialog.matches(':modal'));
const focused = (page: Page) => page.evaluate<string>('document.activeElement?.textContent?.trim() ?? ""');

describe.each(['rich', 'hostile', 'first-month'] as const)('%s', (name) => {
  test.each(everyView)('$width px, $scheme: nothing sideways, no fault of accessibility', async ({ width, scheme }) => {
    await visit(
      name,
      async (page) => {
        expect(await sidewaysScroll(page)).toBe(0);
        expect(await accessibilityFaults(page)).toEqual([]);
        await screenshot(page, `page-${name}-${width}-${scheme}`);
      },
      { width, scheme },
    );
  });
});

describe('the window', () => {
  test('is switched by a click everywhere, is said aloud, and stays in the address', async () => {
    await visit('rich', async (page) => {
      expect(await shownWindows(page)).toEqual(['ttm']);
      await page.locator('#window-quarter').click();
      expect(await shownWindows(page)).toEqual(['quarter']);
      expect(page.url()).toMatch(/#window=quarter$/);
      const quarter = report.windows.quarter?.total;
      const shown = await page.locator('.figures:visible dd').allTextContents();
      expect(shown[0]).toBe(`${(parseFloat(quarter?.ndr ?? '') * 100).toFixed(1)}%`);
      await expect
        .poll(() => page.locator('p.unseen[role=status]').textContent())
        .toMatch(new RegExp(`^3 months: NDR ${shown[0]}, GRR ${shown[1]}`));
    });
  });

  test('is switched by arrow keys', async () => {
    await visit('rich', async (page) => {
      await page.locator('#window-ttm').focus();
      await page.keyboard.press('ArrowRight');
      expect(await shownWindows(page)).toEqual(['quarter']);
      await page.keyboard.press('ArrowRight');
      expect(await shownWindows(page)).toEqual(['month']);
      await page.keyboard.press('ArrowRight');
      expect(await shownWindows(page)).toEqual(['ttm']);
      expect(page.url()).not.toContain('#');
    });
  });

  test('is the one that a link names, with all that was chosen', async () => {
    await visit(
      'rich',
      async (page) => {
        expect(await shownWindows(page)).toEqual(['month']);
        expect(await page.locator('#segment-dimension').inputValue()).not.toBe('');
        expect(await page.locator('.pane:visible th[data-sort="ndr"]').getAttribute('aria-sort')).toBe('ascending');
        expect(new Set(await rowsOf(page).locator('.of').allTextContents())).toEqual(new Set(['Plan']));
      },
      { hash: '#window=month&dimension=Plan&sort=ndr.ascending' },
    );
  });

  test('stays as it is for an address that makes no sense', async () => {
    await visit(
      'rich',
      async (page) => {
        expect(await shownWindows(page)).toEqual(['ttm']);
        expect(await rowsOf(page).count()).toBe(ttm.length);
      },
      { hash: '#window=<b>&dimension=%F0&sort=__proto__.ascending&find=&low=x' },
    );
  });

  test('is switched without script too, and everything is shown on paper', async () => {
    await visit(
      'rich',
      async (page) => {
        await page.locator('#window-month').click();
        expect(await shownWindows(page)).toEqual(['month']);
        expect(await page.locator('.tools:visible, .every:visible, button.sort, button.drill').count()).toBe(0);
        await page.locator('.pane:visible .card button.info').first().click();
        expect(await page.locator('.definition:popover-open').textContent()).toMatch(/^NDRNet dollar retention:/);
        await page.keyboard.press('Escape');
        await page.emulateMedia({ media: 'print' });
        expect(await shownWindows(page)).toEqual(['ttm', 'quarter', 'month']);
        expect(await page.locator('.summary:visible, .tools:visible, button:visible').count()).toBe(0);
      },
      { script: false },
    );
  });
});

test('the summary stays in sight', async () => {
  await visit('rich', async (page) => {
    await page.locator('#words').scrollIntoViewIfNeeded();
    const box = await page.locator('.summary').boundingBox();
    expect(box?.y).toBe(0);
  });
});

describe('segments', () => {
  test('are sorted down, up, and back as they were; n/a would be last', async () => {
    await visit('rich', async (page) => {
      const before = await namesOf(page);
      const head = page.locator('.pane:visible th[data-sort="ndr"]');
      const sort = head.locator('button.sort');
      const valuesNow = () => rowsOf(page).locator('td:nth-of-type(2)').allTextContents();
      await sort.focus();
      await page.keyboard.press('Enter');
      expect(await head.getAttribute('aria-sort')).toBe('descending');
      const down = (await valuesNow()).map((text) => parseFloat(text));
      expect(down).toEqual(down.toSorted((one, other) => other - one));
      expect(down[0]).toBeGreaterThan(down.at(-1) ?? 0);
      await page.keyboard.press('Enter');
      expect(await head.getAttribute('aria-sort')).toBe('ascending');
      expect((await valuesNow()).map((text) => parseFloat(text))).toEqual(down.toReversed());
      await page.keyboard.press('Enter');
      expect(await head.getAttribute('aria-sort')).toBeNull();
      expect(await namesOf(page)).toEqual(before);
      expect(page.url()).not.toContain('sort');
    });
  });

  test('are sorted by exact money, not by its text', async () => {
    await visit('rich', async (page) => {
      await page.locator('.pane:visible th[data-sort="opening"] button.sort').click();
      const shown = (await rowsOf(page).locator('td:last-child').allTextContents()).map((text) =>
        BigInt(text.replaceAll(/[,.]/g, '')),
      );
      expect(shown).toEqual(shown.toSorted((one, other) => (one < other ? 1 : one > other ? -1 : 0)));
      await page.locator('.pane:visible th[data-sort="name"] button.sort').click();
      const names = (await namesOf(page)).map((name) => name.toLowerCase());
      expect(names).toEqual(names.toSorted());
    });
  });

  test('are found by text, narrowed to a dimension, and freed of low samples; the count says so', async () => {
    await visit('rich', async (page) => {
      const count = page.locator('#segment-count');
      expect(await count.textContent()).toBe(`${ttm.length} segments`);
      await page.getByLabel('Find').first().fill('enterpr');
      expect(new Set(await namesOf(page))).toEqual(new Set(['Enterprise']));
      expect(await count.textContent()).toBe(`2 of ${ttm.length} segments`);
      await page.getByLabel('Dimension').selectOption({ label: 'Plan' });
      expect(await count.textContent()).toBe(`1 of ${ttm.length} segments`);
      await page.getByLabel('Find').first().fill('');
      await page.getByLabel('Dimension').selectOption({ label: 'All' });
      await page.getByLabel('Hide low samples').check();
      const enough = ttm.filter(({ lowSample }) => !lowSample).length;
      expect(enough).toBeLessThan(ttm.length);
      expect(await rowsOf(page).count()).toBe(enough);
      expect(await count.textContent()).toBe(`${enough} of ${ttm.length} segments`);
      expect(page.url()).toMatch(/#low=hidden$/);
    });
  });

  test('open into their movements, whose change is the segment’s', async () => {
    await visit('rich', async (page) => {
      const row = rowsOf(page).nth(1);
      await row.locator('button.drill').click();
      expect(await isOpen(page)).toBe(true);
      expect(await page.locator('#drill-note').textContent()).toMatch(/^Adds up to the figure of the report/);
      expect(await page.locator('#drill-rows tr').count()).toBeGreaterThan(3);
    });
  });
});

describe('the movements behind a figure', () => {
  test('add up to each line of each bridge', async () => {
    await visit('rich', async (page) => {
      for (const window of windowNames) {
        await page.locator(`#window-${window}`).click();
        for (const row of await page.locator('.pane:visible tr[data-movement]').all()) {
          const amount = (await row.locator('td').first().textContent()) ?? '';
          await row.locator('button.drill').click();
          expect(await page.locator('#drill-change').textContent()).toBe(amount);
          expect(await page.locator('#drill-note').textContent()).toMatch(/^Adds up to/);
          await page.keyboard.press('Escape');
        }
      }
    });
  });

  test('are reached, narrowed and left by keyboard alone', async () => {
    await visit('rich', async (page) => {
      await drillOf(page, 'churn', 'involuntary').focus();
      await page.keyboard.press('Enter');
      expect(await isOpen(page)).toBe(true);
      expect(await focused(page)).toBe('Involuntary churn');
      const before = parseInt((await page.locator('#drill-count').textContent()) ?? '', 10);
      expect(before).toBeGreaterThan(1);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      const first = (await page.locator('#drill-rows tr .id').first().textContent()) ?? '';
      await page.keyboard.type(first.toUpperCase());
      expect(await page.locator('#drill-count').textContent()).toBe('1');
      expect(await page.locator('#drill-note').textContent()).toBe('');
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.keyboard.press('Escape');
      expect(await isOpen(page)).toBe(false);
      expect(await focused(page)).toBe('Involuntary churn');
    });
  });

  test('are found by invoice, and show ids, cause and reason', async () => {
    const [row] =
      makeLedger()
        .windows.find(({ window }) => window === 'ttm')
        ?.rows.filter(({ cause }) => cause === 'voluntary') ?? [];
    await visit('rich', async (page) => {
      await page.locator('.pane:visible .every button').click();
      await page.locator('#drill-text').fill(row?.invoiceIds.split(';')[1] ?? '');
      const text = (await page.locator('#drill-rows tr').allInnerTexts()).join('\n');
      expect(text).toContain(row?.accountName);
      expect(text).toContain(row?.accountId);
      expect(text).toContain('Churn, voluntary');
      expect(text).toContain(row?.reason);
    });
  });

  test('are turned by fifties', async () => {
    const total = makeLedger().windows.find(({ window }) => window === 'ttm')?.total ?? 0;
    await visit('rich', async (page) => {
      await page.locator('.pane:visible .every button').click();
      expect(await page.locator('#drill-count').textContent()).toBe(`${total}`);
      const seen = new Set<string>();
      for (;;) {
        for (const id of await page.locator('#drill-rows th').allInnerTexts()) seen.add(id);
        if (await page.locator('#drill-on').isDisabled()) break;
        expect(await page.locator('#drill-rows tr').count()).toBe(50);
        await page.locator('#drill-on').click();
      }
      expect(seen.size).toBe(total);
      expect(await page.locator('#drill-page').textContent()).toMatch(new RegExp(` to ${total} of ${total}$`));
      expect(await page.locator('#drill-back').isEnabled()).toBe(true);
    });
  });

  test('say where the rest is when the page carries only the largest', async () => {
    await visit('cut', async (page) => {
      await drillOf(page, 'expansion').click();
      expect(await page.locator('#drill-note').textContent()).toMatch(/^From the largest 60 of 233 movements/);
      expect(await page.locator('dialog a[href="movements.csv"]').isVisible()).toBe(true);
    });
  });

  test.each([375, 1280])('fit %d px', async (width) => {
    await visit(
      'rich',
      async (page) => {
        await drillOf(page, 'churn', 'voluntary').click();
        expect(await accessibilityFaults(page)).toEqual([]);
        const box = await page.locator('dialog#drill').boundingBox();
        expect((box?.x ?? -1) >= 0 && (box?.x ?? 0) + (box?.width ?? 0) <= width).toBe(true);
        await screenshot(page, `page-movements-${width}`);
      },
      { width },
    );
  });

  test('of hostile names are text', async () => {
    await visit('hostile', async (page) => {
      await page.locator('.pane:visible .every button').click();
      expect(await page.locator('#drill-rows script, #drill-rows img').count()).toBe(0);
    });
  });
});

describe('definitions', () => {
  test('open by keyboard and by touch, and close by Escape', async () => {
    await visit('rich', async (page) => {
      const info = page.locator('.pane:visible .card button.info').nth(1);
      await info.focus();
      await page.keyboard.press('Enter');
      const open = page.locator('.definition:popover-open');
      expect(await open.textContent()).toMatch(/^GRRGross dollar retention/);
      const box = await open.boundingBox();
      expect(box?.x).toBeGreaterThanOrEqual(0);
      await page.keyboard.press('Escape');
      expect(await open.count()).toBe(0);
    });
  });

  test.each([375, 1280])('lie within %d px, wherever the word stands', async (width) => {
    await visit(
      'rich',
      async (page) => {
        for (const info of await page.locator('button.info:visible').all()) {
          await info.scrollIntoViewIfNeeded();
          await info.dispatchEvent('click');
          const box = await page.locator('.definition:popover-open').boundingBox();
          expect(box).not.toBeNull();
          expect((box?.x ?? -1) >= 0 && (box?.x ?? 0) + (box?.width ?? 0) <= width).toBe(true);
          await page.keyboard.press('Escape');
        }
      },
      { width },
    );
  });
});
