/** The archive's site as readers meet it: from a disk and served, wide and narrow, light and dark, without a script. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { s3Headers } from '../../functions/adapters/s3-headers.ts';
import { monthRange, parseMonth } from '../../functions/core/month.ts';
import type { ObjectStore } from '../../functions/ports.ts';
import { rebuildSite } from '../../functions/site/rebuild-site.ts';
import { archiveReport, reportOf } from '../pipeline/archived-reports.ts';
import { firstMonthReport, makeReport } from '../render/fixture.ts';
import { accessibilityFaults, everyView, openBrowser, openPage, screenshot, sidewaysScroll } from './browser.ts';

let browser: Browser;
let home: string;
let store: ObjectStore;
let file: string;

beforeAll(async () => {
  browser = await openBrowser();
  home = await mkdtemp(join(tmpdir(), 'site-'));
  store = folderObjectStore(home);
  file = join(home, 'archive/index.html');
  const { restatement } = makeReport();
  const first = firstMonthReport();
  await archiveReport(store, { ...first, month: '2024-06', revision: 1 });
  for (const month of monthRange(parseMonth('2024-07'), parseMonth('2026-09')))
    await archiveReport(store, reportOf(month));
  await archiveReport(store, reportOf('2026-10'), { 'report.pdf': '%PDF-', 'report.xlsx': 'PK' });
  await archiveReport(store, reportOf('2026-10', { revision: 2, restatement }), {
    'report.pdf': '%PDF-',
    'report.xlsx': 'PK',
  });
  await archiveReport(store, reportOf('2024-08', { revision: 2 }), { 'report.json': '{"schemaVersion":2}' });
  await rebuildSite(store);
});
afterAll(async () => {
  await browser.close();
  await rm(home, { recursive: true, force: true });
});

describe.each(everyView)('at $width pixels, $scheme', ({ width, scheme }) => {
  test('fits, asks nobody, and axe finds nothing', async () => {
    const { page, refused, complaints, close } = await openPage(browser, file, { width, scheme });
    expect(await sidewaysScroll(page)).toBe(0);
    await page.locator('summary').first().click();
    expect(await sidewaysScroll(page)).toBe(0);
    // Axe puts a script of its own in the page, which its policy leaves to the debugger alone.
    expect(await accessibilityFaults(page)).toEqual([]);
    expect({ refused, complaints }).toEqual({ refused: [], complaints: [] });
    await screenshot(page, `archive-${width}-${scheme}`);
    await close();
  });
});

test('every link leads to a file that is there, from the disk and without a script', async () => {
  const { page, refused, close } = await openPage(browser, file, { width: 1280, script: false });
  const hrefs = await page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
  expect(hrefs.length).toBeGreaterThan(29 * 3);
  for (const href of new Set(hrefs.filter((href) => !href.startsWith('#'))))
    expect(await store.get(`archive/${href}`), href).not.toBeNull();
  await page.getByRole('link', { name: 'Read the report' }).click();
  expect(await page.getByRole('heading').textContent()).toBe('2026-10, revision 2');
  expect(page.url()).toMatch(/^file:.*\/month=2026-10\/revision=2\/report\.html$/);
  await page.goBack();
  await page.locator('summary').first().click();
  await page.getByRole('link', { name: 'Revision 1' }).first().click();
  expect(await page.getByRole('heading').textContent()).toBe('2026-10, revision 1');
  expect(refused).toEqual([]);
  await close();
});

/** A table's cells by the words that a reader of the screen hears. */
test('the table stays a table where it is drawn as cards', async () => {
  for (const width of [375, 1280]) {
    const { page, close } = await openPage(browser, file, { width });
    const table = page.getByRole('table', { name: 'Archived reports, newest first' });
    expect(await table.getByRole('columnheader').allTextContents()).toEqual([
      'Month',
      'NDR trend',
      'NDR',
      'GRR',
      'Involuntary churn',
      'Closing MRR',
      'Revision',
    ]);
    const row = table.getByRole('row').filter({ hasText: 'September 2026' });
    expect(await row.getByRole('cell').count()).toBe(6);
    expect(await row.getByRole('img').getAttribute('aria-label')).toMatch(/^NDR from \d+\.\d% in \w{3} \d{4} to /);
    await close();
  }
});

describe('below any prefix, as a bucket serves it', () => {
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const [, key = ''] = /^\/some%20bucket\/a\/(.+)$/.exec(request.url ?? '') ?? [];
      const found = key === '' ? null : await store.get(decodeURIComponent(key));
      if (found === null) return response.writeHead(404).end();
      response.writeHead(200, { 'Content-Type': s3Headers(key).ContentType }).end(found.bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('its links stay within it', async () => {
    const address = `${origin}/some%20bucket/a/archive/index.html`;
    const { page, refused, complaints, close } = await openPage(browser, address, { width: 680, origin });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Archive');
    await page.getByRole('link', { name: 'October 2026', exact: true }).click();
    expect(await page.getByRole('heading').textContent()).toBe('2026-10, revision 2');
    await page.goBack();
    await page.getByRole('link', { name: 'index.json' }).click();
    expect(await page.locator('body').textContent()).toContain('"schemaVersion": 1');
    expect(refused.filter((url) => !url.includes('favicon'))).toEqual([]);
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    await close();
  });
});
