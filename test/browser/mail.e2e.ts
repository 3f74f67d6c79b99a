/** The mail as its readers see it: on a phone, in a pane, on a desk, by day and by night, with pictures and without. */
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type BookName, bookNames } from './books.ts';
import {
  accessibilityFaults,
  cutOff,
  everyView,
  type Opened,
  type OpenOptions,
  openBrowser,
  openPage,
  screenshot,
  sidewaysScroll,
} from './browser.ts';
import { type Message, openMessage, unpack } from './message.ts';

/** What the program around a mail provides. */
const notOfAMail = ['landmark-one-main', 'region'];

const charts: Readonly<Record<BookName, readonly string[]>> = {
  sample: ['trend', 'bridge', 'segments', 'involuntary'],
  hostile: ['trend', 'bridge', 'segments', 'involuntary'],
  'first month': [],
};

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

describe.each(bookNames)('the mail of the %s book', (name) => {
  const { revision, mail } = inject('books')[name];
  let message: Message;
  let unpacked: string;
  beforeAll(async () => {
    message = await openMessage(mail);
    unpacked = await unpack(message);
  });
  afterAll(() => rm(dirname(unpacked), { recursive: true }));

  const opened = async (options: OpenOptions, look: (opened: Opened) => Promise<void>, file = unpacked) => {
    const view = await openPage(browser, file, options);
    try {
      await look(view);
      expect(view.refused).toEqual([]);
      expect(view.complaints).toEqual([]);
    } finally {
      await view.close();
    }
  };

  test('carries the charts, each shown once, the same that are archived', async () => {
    expect(message.sources).toEqual(
      charts[name].map((chart) => expect.stringMatching(`^cid:chart-${chart}\\.[0-9a-f]{16}@retention-report$`)),
    );
    expect(message.pictures.map(({ contentId }) => `cid:${contentId}`).sort()).toEqual([...message.sources].sort());
    for (const { name: file, png } of message.pictures)
      expect(Buffer.from(png).equals(await readFile(join(revision, file))), file).toBe(true);
  });

  test('is below 90,000 bytes of HTML and 500,000 in all, and links nowhere', () => {
    expect(Buffer.byteLength(message.html)).toBeLessThan(90_000);
    expect(message.bytes).toBeLessThan(500_000);
    expect(message.html).not.toMatch(/\shref=|url\(|@import/i);
  });

  test.each(everyView)('fits $width px, $scheme, and harms no reader', async ({ width, scheme }) => {
    await opened({ width, scheme }, async ({ page }) => {
      expect(await sidewaysScroll(page)).toBe(0);
      expect(await cutOff(page)).toEqual([]);
      expect(await page.locator('img').count()).toBe(charts[name].length);
      const drawn = '[...document.images].map(({ complete, naturalWidth }) => complete && naturalWidth > 900)';
      expect(await page.evaluate<boolean[]>(drawn)).toEqual(charts[name].map(() => true));
      expect(await accessibilityFaults(page, notOfAMail)).toEqual([]);
      await screenshot(page, `mail-${name.replace(' ', '-')}-${width}-${scheme}`);
    });
  });

  test.each([375, 680])('where pictures are blocked, %d px carry every figure in text', async (width) => {
    const visible = 'document.body.innerText';
    let all = '';
    await opened({ width }, async ({ page }) => {
      all = await page.evaluate<string>(visible);
    });
    await opened({ width, images: false }, async ({ page }) => {
      expect(await sidewaysScroll(page)).toBe(0);
      expect(await page.evaluate<string>(visible)).toBe(all);
      for (const image of await page.locator('img').all()) {
        expect(await image.getAttribute('alt')).toMatch(/\w.*\d/);
        // As tall as its words, not as its picture.
        expect((await image.boundingBox())?.height).toBeLessThan(150);
      }
      await screenshot(page, `mail-${name.replace(' ', '-')}-${width}-blocked`);
    });
  });

  test('opens from the archive as it was sent', async () => {
    let sent = '';
    await opened({ width: 680 }, async ({ page }) => {
      sent = (await page.screenshot({ fullPage: true })).toString('base64');
    });
    await opened(
      { width: 680 },
      async ({ page }) => {
        expect((await page.screenshot({ fullPage: true })).toString('base64') === sent).toBe(true);
      },
      join(revision, 'email.html'),
    );
  });
});
