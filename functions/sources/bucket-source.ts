/** Monthly snapshots in a bucket: listed by name, hashed once, fetched when somebody reads them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Month } from '../core/month.ts';
import { ReportError } from '../errors.ts';
import { decode, encode } from '../lake/catalog.ts';
import type { ObjectStore } from '../ports.ts';
import { publishedBy, publishedFolders, publishedPrefix, pullFolders } from './billing/published-month.ts';
import {
  byName,
  type Entry,
  isHidden,
  type Listing,
  listMonth,
  monthsOf,
  noSuchMonth,
  readListing,
} from './snapshot-layout.ts';
import type { FileForm, SourceFile, SourceMonth, TableName } from './source-file.ts';

/** An object as it was listed: `etag` identifies exactly these bytes at this key. */
export type ListedObject = { readonly key: string; readonly etag: string; readonly bytes: number };

/** What a source needs of a bucket. Failures are ReportErrors of kind `dependency`. */
export type SnapshotBucket = {
  /** For messages. */
  readonly name: string;
  /** Names right below the prefix, which ends in a slash; those of folders end in one too. */
  names(prefix: string): Promise<readonly string[]>;
  /** Every object below the prefix. */
  objects(prefix: string): Promise<readonly ListedObject[]>;
  /** Downloads exactly this object; fails with `SOURCE_CHANGED` when it is no longer there. */
  fetch(object: ListedObject, ending: string): Promise<{ readonly path: string; readonly sha256: string }>;
};

/** A month's tables as far as they are known without reading a file: null where one was never hashed. */
export type Survey = {
  readonly tables: Readonly<Record<TableName, readonly SourceFile[] | null>>;
  readonly warnings: readonly string[];
};

export type BucketSource = {
  /** Months that have an object, oldest first. */
  readonly months: readonly Month[];
  /** What lies beside the months and is left aside. */
  readonly warnings: readonly string[];
  /** The files of one of `months`. A file whose hash is not remembered is fetched and hashed. */
  read(month: Month): Promise<SourceMonth>;
  /** The files of one table alone, for whoever loads no other. */
  readTable(month: Month, table: TableName): Promise<readonly SourceFile[]>;
  /** Fetches nothing but remembered hashes. */
  survey(month: Month): Promise<Survey>;
};

const root = 'inbox/';

const memoSchema = z.strictObject({ key: z.string(), etag: z.string(), bytes: z.int(), sha256: z.string() });

type Found = Entry & { readonly object: ListedObject | null; readonly inside: () => Found[] };

const memoKeyOf = (key: string) => `lake/source-hashes/${createHash('sha256').update(key).digest('hex')}.json`;

/**
 * The files and folders right below a prefix, as its keys make them up, by the names that they are shown under. Keys that
 * end in a slash hold no file.
 */
const entriesOf = (objects: readonly ListedObject[], prefix: string, shown: string): Found[] => {
  const entries = new Map<string, Found>();
  for (const object of objects) {
    if (!object.key.startsWith(prefix) || object.key.endsWith('/')) continue;
    const [plain = '', ...deeper] = object.key.slice(prefix.length).split('/');
    if (isHidden(plain)) continue;
    const name = `${shown}${plain}`;
    const inside = () => entriesOf(objects, `${prefix}${plain}/`, `${name}/`);
    // A bucket can have both a file and a folder of one name.
    if (deeper.length === 0) entries.set(name, { name, kind: 'file', object, inside });
    else entries.set(`${name}/`, { name, kind: 'folder', object: null, inside });
  }
  return [...entries.values()].sort(byName);
};

const objectOf = ({ name, object }: Found): ListedObject => {
  assert(object !== null, `${name} is a folder`);
  return object;
};

const endingOf = ({ form, gzip }: FileForm): string => (gzip ? `${form}.gz` : form);

/** The months that each billing system has published, by its folder. */
const publishedMonths = async (bucket: SnapshotBucket, folders: readonly string[]) => {
  const found = new Map<string, readonly Month[]>();
  for (const folder of folders) {
    const names = await bucket.names(`${root}${folder}/`);
    found.set(
      folder,
      names.flatMap((full) => publishedBy(full.slice(root.length + folder.length + 1)) ?? []),
    );
  }
  return found;
};

/**
 * Lists the months below `inbox/`, those included that were pulled from a billing system: of these what counts is read as
 * if it lay in the month's own folder. The hashes of files are remembered in `store`, one object a file.
 */
export const openBucketSource = async (bucket: SnapshotBucket, store: ObjectStore): Promise<BucketSource> => {
  const topWarnings: string[] = [];
  const top = (await bucket.names(root))
    .map((full): Entry => {
      const plain = full.slice(root.length);
      return plain.endsWith('/') ? { name: plain.slice(0, -1) || '/', kind: 'folder' } : { name: plain, kind: 'file' };
    })
    .filter(({ name }) => name !== '' && !isHidden(name));
  const uploaded = monthsOf(top.filter(({ name }) => !pullFolders.includes(name)).sort(byName), topWarnings);
  const folders = publishedFolders.filter((vendor) => top.some(({ name }) => name === vendor));
  const published = await publishedMonths(bucket, folders);
  const months = [...new Set([...uploaded, ...[...published.values()].flat()])].sort();

  /** Where the files of a month lie. */
  const prefixesOf = async (month: Month): Promise<readonly string[]> => {
    const prefixes = [`${root}${month}/`];
    for (const [folder, pulled] of published) {
      const prefix = pulled.includes(month) ? await publishedPrefix(folder, month, store) : null;
      if (prefix !== null) prefixes.push(prefix);
    }
    return prefixes;
  };

  const list = async (month: Month): Promise<{ listing: Listing<Found>; warnings: readonly string[] }> => {
    if (!months.includes(month)) throw noSuchMonth(bucket.name, month, months);
    const warnings: string[] = [];
    const entries: Found[] = [];
    for (const prefix of await prefixesOf(month))
      entries.push(...entriesOf(await bucket.objects(prefix), prefix, `${month}/`));
    const listing = await listMonth(month, entries.sort(byName), ({ inside }) => inside(), warnings);
    return { listing, warnings };
  };

  /** The hash of an object, when this very object was hashed before. */
  const remembered = async ({ key, etag, bytes }: ListedObject): Promise<string | null> => {
    const memoKey = memoKeyOf(key);
    const stored = await store.get(memoKey);
    if (stored === null) return null;
    const memo = decode(memoSchema, stored.bytes, memoKey, `Delete ${memoKey}: the file is hashed anew.`);
    return memo.key === key && memo.etag === etag && memo.bytes === bytes ? memo.sha256 : null;
  };

  const fileOf = (found: Found & FileForm, object: ListedObject, sha256: string, path?: string): SourceFile => {
    let here: Promise<string> | undefined = path === undefined ? undefined : Promise.resolve(path);
    const fetched = async (): Promise<string> => {
      const copy = await bucket.fetch(object, endingOf(found));
      if (copy.sha256 === sha256) return copy.path;
      throw new ReportError(
        'unexpected',
        'DAMAGED',
        `${found.name} is not what its remembered hash says`,
        `Delete ${memoKeyOf(object.key)}: the file is hashed anew.`,
      );
    };
    return {
      name: found.name,
      form: found.form,
      gzip: found.gzip,
      bytes: object.bytes,
      sha256,
      local() {
        here ??= fetched().catch((error: unknown) => {
          here = undefined; // a second try may find it
          throw error;
        });
        return here;
      },
    };
  };

  const known = async (found: Found & FileForm): Promise<SourceFile | null> => {
    const object = objectOf(found);
    const sha256 = await remembered(object);
    return sha256 === null ? null : fileOf(found, object, sha256);
  };

  const hashed = async (found: Found & FileForm): Promise<SourceFile> => {
    const before = await known(found);
    if (before !== null) return before;
    const { key, etag, bytes } = objectOf(found);
    const { path, sha256 } = await bucket.fetch({ key, etag, bytes }, endingOf(found));
    await store.put(memoKeyOf(key), encode({ key, etag, bytes, sha256 }));
    return fileOf(found, { key, etag, bytes }, sha256, path);
  };

  return {
    months,
    warnings: topWarnings,
    async read(month) {
      const { listing, warnings } = await list(month);
      return readListing(month, listing, hashed, warnings);
    },
    async readTable(month, table) {
      const { listing } = await list(month);
      return Array.fromAsync(listing.tables.get(table) ?? [], hashed);
    },
    async survey(month) {
      const { listing, warnings } = await list(month);
      const ofTable = async (table: TableName) => {
        const files = await Promise.all((listing.tables.get(table) ?? []).map(known));
        return files.every((file) => file !== null) ? files : null;
      };
      const [lines, customers, cancellations, payments, fx, opportunities] = await Promise.all([
        ofTable('lines'),
        ofTable('customers'),
        ofTable('cancellations'),
        ofTable('payments'),
        ofTable('fx'),
        ofTable('opportunities'),
      ]);
      return { tables: { lines, customers, cancellations, payments, fx, opportunities }, warnings };
    },
  };
};
