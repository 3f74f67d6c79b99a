/** Puts records aside by key, in files that are each small enough to be read whole: what belongs together meets there. */
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Of a book of a million customers a part holds a thousand. */
const parts = 1024;

/** Letters that may wait to be written, over all parts. */
const waitingLetters = 16 * 1024 * 1024;

/** `text` is one line. Records of one key come back in one part, in the order that they were put aside in. */
export type Aside = { readonly key: string; readonly text: string };

const partOf = (key: string): string =>
  `${parseInt(hash('sha256', key).slice(0, 8), 16) % parts}`.padStart(`${parts}`.length, '0');

/**
 * Writes all records below `dir`, which is there when all of them are and not before; nothing happens where it is there
 * already. Holds no more of them in memory than a fixed number of letters and the array that came last.
 */
export const putAside = async (dir: string, records: AsyncIterable<readonly Aside[]>): Promise<void> => {
  if (existsSync(dir)) return;
  const making = `${dir}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  let waiting = new Map<string, string[]>();
  let letters = 0;
  const flush = async () => {
    for (const [part, lines] of waiting) await appendFile(join(making, part), `${lines.join('\n')}\n`);
    waiting = new Map();
    letters = 0;
  };
  for await (const some of records) {
    for (const { key, text } of some) {
      const part = partOf(key);
      const lines = waiting.get(part);
      if (lines === undefined) waiting.set(part, [text]);
      else lines.push(text);
      letters += text.length;
    }
    if (letters > waitingLetters) await flush();
  }
  await flush();
  await rename(making, dir);
};

/** The texts of each part; the same records give the same parts in the same order. */
export async function* readAside(dir: string): AsyncGenerator<readonly string[]> {
  for (const part of (await readdir(dir)).sort())
    yield (await readFile(join(dir, part), 'utf8')).split('\n').slice(0, -1);
}
