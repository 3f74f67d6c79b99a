/**
 * Months that were pulled into a bucket. Each pull has a folder of its own, and one small object says which pull counts:
 * it is written last, so that nobody ever reads half of a month, and nothing has to be deleted.
 */
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { z } from 'zod';
import { isMonth, type Month } from '../../core/month.ts';
import { dependencyError } from '../../errors.ts';
import { decode, encode } from '../../lake/catalog.ts';
import type { ObjectStore } from '../../ports.ts';
import { inboxOf } from './pull-month.ts';
import { vendors } from './vendors.ts';

const pointerSchema = z.strictObject({ pull: z.int().min(1) });

const pointerKey = (name: string, month: Month): string => `${inboxOf(name)}/${month}.json`;

/** Where the files of a pull lie, slash included. */
const folderOf = (name: string, month: Month, pull: number): string => `${inboxOf(name)}/${month}/pull=${pull}/`;

/** Folders of the inbox in which months of billing systems lie, by the vendor's name. */
export const publishedFolders: readonly string[] = vendors.map(({ name }) => name);

/** The folders of the inbox that a vendor's pulls write to: months, and the pages that they are made of. */
export const pullFoldersOf = (vendor: string): readonly string[] => [vendor, `${vendor}-raw`];

/** Folders of the inbox that are the business of pulls. */
export const pullFolders: readonly string[] = publishedFolders.flatMap(pullFoldersOf);

/** The month that an object right below a vendor's folder publishes; null for anything else. */
export const publishedBy = (plainName: string): Month | null => {
  const month = plainName.endsWith('.json') ? plainName.slice(0, -'.json'.length) : '';
  return isMonth(month) ? month : null;
};

const pulledAgain = 'Run the month with --pull-again: it is pulled and published anew.';

/** The pull that counts; 0 where what is stored does not say, which a newer one puts right. */
const pullIn = (bytes: Uint8Array): number => {
  try {
    return pointerSchema.parse(JSON.parse(new TextDecoder().decode(bytes))).pull;
  } catch {
    return 0;
  }
};

/** The prefix of the files that count for a month of a vendor, slash included; null where none was published. */
export const publishedPrefix = async (
  name: string,
  month: Month,
  store: Pick<ObjectStore, 'get'>,
): Promise<string | null> => {
  const key = pointerKey(name, month);
  const stored = await store.get(key);
  return stored === null ? null : folderOf(name, month, decode(pointerSchema, stored.bytes, key, pulledAgain).pull);
};

/** The billing systems that a month was published from, by name. */
export const publishersOf = async (month: Month, store: Pick<ObjectStore, 'get'>): Promise<readonly string[]> => {
  const names: string[] = [];
  for (const name of publishedFolders) if ((await store.get(pointerKey(name, month))) !== null) names.push(name);
  return names;
};

/**
 * Sends the files of a month below `folder` to the place of their pull, then has that pull count. A newer one that counts
 * already stays.
 */
export const publishMonth = async (
  { name, month, pull }: { readonly name: string; readonly month: Month; readonly pull: number },
  folder: string,
  store: ObjectStore,
): Promise<void> => {
  const before = await store.get(pointerKey(name, month));
  if (before !== null && pullIn(before.bytes) >= pull) return;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths.sort()) {
    const inside = path
      .slice(folder.length + 1)
      .split(sep)
      .join('/');
    await store.putFile(`${folderOf(name, month, pull)}${inside}`, path);
  }
  const condition = before === null ? ({ ifAbsent: true } as const) : { ifMatch: before.etag };
  if ((await store.put(pointerKey(name, month), encode({ pull }), condition)) === null)
    throw dependencyError(
      'MONTH_BUSY',
      `another pull of ${month} has just been published`,
      'Run the month again: it is read as it now is.',
    );
};
