/** The archive as a site: index.json and index.html beside the months, made of what the archive holds and of nothing else. */
import { archiveKey, readPointer } from '../archive.ts';
import { isMonth, type Month } from '../core/month.ts';
import { dependencyError, ReportError } from '../errors.ts';
import { atMost } from '../lake/at-most.ts';
import { encode } from '../lake/catalog.ts';
import type { ObjectStore, StoredObject } from '../ports.ts';
import { archivePage } from '../render/archive-page.ts';
import { indexKey, type MonthEntry, pageKey, type SiteIndex, siteIndexSchema } from './index-schema.ts';
import { damagedEntry, hrefOf, type Pointer, readEntry } from './month-entry.ts';

/** Months looked at side by side: from a bucket each is a request or three. */
const sideBySide = 8;

/** Runs of several months may end at once; each then tries again on what the others wrote. */
const attempts = 10;

/** Revisions of each month that have a page, and the months that have a pointer: from the names alone. */
const listed = async (store: ObjectStore) => {
  const months: Month[] = [];
  const pages = new Set<string>();
  for await (const key of store.list('archive/')) {
    const [, month = '', name = ''] = /^archive\/month=([^/]+)\/(.+)$/.exec(key) ?? [];
    if (!isMonth(month)) continue;
    if (name === 'current.json') months.push(month);
    else if (name.endsWith('/report.html')) pages.add(key);
  }
  return { months: months.sort().reverse(), pages };
};

/** The entries that can be taken over; none when the index is absent, damaged or of another version. */
const known = (stored: StoredObject | null): ReadonlyMap<string, MonthEntry> => {
  try {
    const index = siteIndexSchema.parse(JSON.parse(new TextDecoder().decode(stored?.bytes)));
    return new Map(index.months.map((entry) => [entry.month, entry]));
  } catch {
    return new Map();
  }
};

/** A month that is damaged must not keep the others from being shown. */
const readOrDamaged = async (store: ObjectStore, month: Month, pointer: Pointer) => {
  try {
    return await readEntry(store, month, pointer);
  } catch (error) {
    if (error instanceof ReportError && error.code === 'DAMAGED') return damagedEntry(month, pointer);
    throw error;
  }
};

const indexOf = async (store: ObjectStore, stored: StoredObject | null): Promise<SiteIndex> => {
  const before = known(stored);
  const { months, pages } = await listed(store);
  const entries = await atMost(sideBySide, months, async (month): Promise<MonthEntry | null> => {
    const pointer = await readPointer(store, month);
    if (pointer === null) return null;
    const { revision, manifestSha256 } = pointer;
    const entry = before.get(month);
    const unchanged =
      entry?.readable === true && entry.revision === revision && entry.manifestSha256 === manifestSha256;
    const earlierRevisions = Array.from({ length: revision - 1 }, (_, step) => revision - 1 - step).map((earlier) => ({
      revision: earlier,
      href: pages.has(archiveKey(month, earlier, 'report.html')) ? hrefOf(month, earlier, 'report.html') : null,
    }));
    return {
      ...(unchanged ? entry : await readOrDamaged(store, month, { revision, manifestSha256 })),
      earlierRevisions,
    };
  });
  const found = entries.filter((entry) => entry !== null);
  const currencies = found.flatMap(({ reportingCurrency }) => reportingCurrency ?? []);
  return siteIndexSchema.parse({
    schemaVersion: 1,
    reportingCurrencies: [...new Set(currencies)].sort(),
    months: found,
  });
};

/** The site as the archive has it now, whatever of it is stored. Months that did not change are taken from the stored index. */
export const currentSite = async (store: ObjectStore): Promise<SiteIndex> => indexOf(store, await store.get(indexKey));

const same = (stored: StoredObject | null, bytes: Uint8Array): boolean =>
  stored !== null && Buffer.compare(stored.bytes, bytes) === 0;

/** False when somebody else wrote meanwhile: what `stored` is was read before what the bytes are made of. */
const replace = async (store: ObjectStore, key: string, stored: StoredObject | null, bytes: Uint8Array) =>
  same(stored, bytes) ||
  (await store.put(key, bytes, stored === null ? { ifAbsent: true } : { ifMatch: stored.etag })) !== null;

/**
 * Brings archive/index.json and archive/index.html up to date with the archive; writes nothing where they are. Safe to
 * call any time and side by side: no month that has a pointer is lost. Resolves with the months that are not what was
 * archived: the index says so of them. Throws ReportErrors of kind `dependency` of the store.
 */
export const rebuildSite = async (store: ObjectStore): Promise<readonly string[]> => {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    // Both before the listing: whoever adds a month after it changes the index, and then the writes below do not hold.
    const page = await store.get(pageKey);
    const stored = await store.get(indexKey);
    const index = await indexOf(store, stored);
    if (!(await replace(store, indexKey, stored, encode(index)))) continue;
    if (await replace(store, pageKey, page, new TextEncoder().encode(archivePage(index))))
      return index.months.filter(({ damaged }) => damaged).map(({ month }) => month);
  }
  throw dependencyError(
    'CONFLICT',
    'other runs kept writing the index of the archive',
    'Run the month again when they are done: its report is archived.',
  );
};
