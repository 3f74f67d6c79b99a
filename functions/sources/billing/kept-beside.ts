/** What somebody put into a month's folder stays there when the month is made anew: rates, and the CRM's export. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const theirs = /^(fx|opportunities)(\.(csv|ndjson|parquet)(\.gz)?)?$/;

/** Copies such files of an older month folder, if it is there, to a newer one. */
export const keepBeside = async (older: string, newer: string): Promise<void> => {
  const names = existsSync(older) ? (await readdir(older)).filter((name) => theirs.test(name)) : [];
  if (names.length > 0) await mkdir(newer, { recursive: true });
  for (const name of names) await cp(join(older, name), join(newer, name), { recursive: true });
};
