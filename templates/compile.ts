/** Compiles the templates ahead of time: MJML is slow, large, and must never see a customer's name. Run it after every edit. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import mjml from 'mjml';

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

const compilePage = async (): Promise<string> => {
  const style = collapsed(await read('report-page.css')) + barWidths;
  const hash = createHash('sha256').update(style).digest('base64');
  const page = collapsed(await read('report-page.hbs'));
  return page.replace('STYLE_HASH', () => `sha256-${hash}`).replace('STYLE_SHEET', () => style);
};

/** File name to content, as committed under templates/compiled. */
export const compileTemplates = async (): Promise<Map<string, string>> =>
  new Map([
    ['board-report.hbs', await compileMail()],
    ['report-page.hbs', await compilePage()],
  ]);

if (import.meta.main) {
  await mkdir(`${folder}compiled`, { recursive: true });
  for (const [name, text] of await compileTemplates()) await writeFile(`${folder}compiled/${name}`, text);
}
