/** A Chromium that opens files as a reader would: whatever it asks of anybody else is recorded and refused. */
import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';

export const widths = [375, 680, 1280] as const;
export const schemes = ['light', 'dark'] as const;
export type Scheme = (typeof schemes)[number];

/** Every width in both schemes. */
export const everyView = widths.flatMap((width) => schemes.map((scheme) => ({ width, scheme })));

const names = ['chromium', 'chromium-browser', 'google-chrome'];

const executable = (): string => {
  const places = [
    process.env.CHROMIUM ?? '',
    ...(process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
  ];
  const found = places.find((place) => {
    if (place === '') return false;
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error('no Chromium: install one (.ci/browser does), or name it in CHROMIUM');
  return found;
};

/** One for a test file; `close()` ends it. */
export const openBrowser = (): Promise<Browser> =>
  playwright.launch({
    executablePath: executable(),
    // Also what routing would not see, such as a prefetch, finds nobody.
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--force-color-profile=srgb'],
  });

export type OpenOptions = {
  readonly width: number;
  readonly height?: number;
  readonly scheme?: Scheme;
  /** False: as in a mail program that shows no pictures. */
  readonly images?: boolean;
  readonly script?: boolean;
  /** An origin that may be asked, such as a server of this test on loopback. */
  readonly origin?: string;
};

export type Opened = {
  readonly page: Page;
  /** Addresses that were asked for and refused: of another host, or files that are not there. */
  readonly refused: readonly string[];
  /** What the console complained about, violations of the page's own policy included, and what was thrown. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
};

/** Opens a file by its path, or an address of `origin`. Waits until it is drawn. */
export const openPage = async (browser: Browser, target: string, options: OpenOptions): Promise<Opened> => {
  const { width, height = 900, scheme = 'light', images = true, script = true, origin } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    javaScriptEnabled: script,
    serviceWorkers: 'block',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const refused: string[] = [];
  const complaints: string[] = [];
  await context.route('**/*', (route) => {
    const request = route.request();
    const url = request.url();
    const isOurs = /^(file|data|blob):/.test(url) || (origin !== undefined && new URL(url).origin === origin);
    if (!isOurs) refused.push(url);
    const isHidden = !images && request.resourceType() === 'image';
    return isOurs && !isHidden ? route.continue() : route.abort();
  });
  const page = await context.newPage();
  page.on('requestfailed', (request) => {
    if (images || request.resourceType() !== 'image') refused.push(`${request.url()} ${request.failure()?.errorText}`);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && images) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`${error}`));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog says ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(/^https?:/.test(target) ? target : pathToFileURL(target).href, { waitUntil: 'load' });
  return { page, refused, complaints, close: () => context.close() };
};

/** Pixels by which the page is wider than its window: 0 where nobody has to scroll sideways. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

const hiding = `[...document.querySelectorAll('body, body *')]
  .filter((element) => element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1)
  .filter((element) => ['hidden', 'clip'].includes(getComputedStyle(element).overflowX))
  .map((element) => element.outerHTML.slice(0, 200))`;

/** Elements that hide a part of what is in them, because it is wider than they are. */
export const cutOff = (page: Page): Promise<string[]> => page.evaluate<string[]>(hiding);

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Everything that axe finds wrong but for the rules left out, one line a finding. Needs a page with scripts on. */
export const accessibilityFaults = async (page: Page, leftOut: readonly string[] = []): Promise<string[]> => {
  const options = {
    runOnly: rules,
    rules: Object.fromEntries(leftOut.map((rule) => [rule, { enabled: false }])),
    resultTypes: ['violations'],
  };
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target}: ${failureSummary.replace(/\s+/g, ' ')}`),
  );
};

const pictures = join(import.meta.dirname, '../../dist/screenshots');

/** The whole page as `dist/screenshots/<name>.png`, kept for people to look at. */
export const screenshot = async (page: Page, name: string): Promise<void> => {
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true, animations: 'disabled' });
};
