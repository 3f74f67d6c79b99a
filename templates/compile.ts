/** Compiles the templates ahead of time: MJML is slow, large, and must never see a customer's name. Run it after every edit. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import mjml from 'mjml';
import { chartProperties, darkPalette, lightPalette } from '../functions/render/chart-palettes.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

const read = (name: string): Promise<string> => readFile(`${folder}${name}`, 'utf8');

/** Indentation is for authors. One line a line, so that a change of the template is a readable difference. */
const collapsed = (html: string): string =>
  `${html
    .split('\n')
    .map((line) => line.trim().replace(/\s{2,}/g, ' '))
    .filter((line) => line !== '')
    .join('\n')}\n`;

const compileMail = async (): Promise<string> => {
  const { html } = await mjml(await read('board-report.mjml'), {
    filePath: `${folder}board-report.mjml`,
    includePath: folder,
    ignoreIncludes: false,
    // Without this, mjml links web fonts: a request to an outside host for every reader.
    fonts: {},
    validationLevel: 'strict',
    keepComments: false,
  });
  if (html.includes('mj-include denied')) throw new Error('mjml left a part of board-report.mjml out');
  return collapsed(html);
};

/** Widths of bars as classes: the page's policy allows its one style sheet by hash, and no style attribute. */
const barWidths = Array.from({ length: 101 }, (_, percent) => `.w${percent}{width:${percent}%}`).join('');

/** The charts inside the page are drawn in these; paper is always light. */
const chartColours = `:root{${chartProperties(lightPalette)}}
@media screen and (prefers-color-scheme:dark){:root{${chartProperties(darkPalette)}}}
`;

/** A style sheet as it is delivered: lines without indentation and comments. */
const sheetsOf = async (names: readonly string[]): Promise<string> => {
  const sheets = await Promise.all(names.map((name) => read(`page/${name}.css`)));
  return sheets.map((sheet) => collapsed(sheet.replace(/\/\*[\s\S]*?\*\//g, ''))).join('');
};

const pageStyles = ['colours', 'base', 'page', 'tables', 'controls', 'print'];

const pageStyle = async (): Promise<string> => chartColours + (await sheetsOf(pageStyles)) + barWidths;

/** The page's modules as one script, not minified: whoever distrusts it can read it. */
const pageScript = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [`${folder}page/main.js`],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
  });
  return outputFiles.map(({ text }) => text.replace(/^ *\/\/ .*\n/gm, '')).join('');
};

/** A part of the page that its policy admits by hash alone. The template must leave every byte of it as it is. */
const admitted = (part: string): { readonly part: string; readonly hash: string } => {
  if (/\{\{|<\/(script|style)/i.test(part))
    throw new Error('a style or script of the page would not survive in its template');
  return { part, hash: `sha256-${createHash('sha256').update(part).digest('base64')}` };
};

const compilePage = async (): Promise<string> => {
  const style = admitted(await pageStyle());
  const script = admitted(await pageScript());
  const page = collapsed(await read('report-page.hbs'));
  return page
    .replace('STYLE_HASH', () => style.hash)
    .replace('STYLE_SHEET', () => style.part)
    .replace('SCRIPT_HASH', () => script.hash)
    .replace('PAGE_SCRIPT', () => script.part);
};

/** File name to content, as committed under templates/compiled. */
export const compileTemplates = async (): Promise<Map<string, string>> =>
  new Map([
    ['board-report.hbs', await compileMail()],
    ['report-page.hbs', await compilePage()],
    ['archive-index.css', await sheetsOf(['colours', 'base', 'archive-index'])],
  ]);

if (import.meta.main) {
  await mkdir(`${folder}compiled`, { recursive: true });
  for (const [name, text] of await compileTemplates()) await writeFile(`${folder}compiled/${name}`, text);
}
