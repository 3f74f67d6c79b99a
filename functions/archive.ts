/** The archive: revisions that are written once, and for each month one pointer to the current one, swapped in one step. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { isMonth, type Month } from './core/month.ts';
import { type Report, reportSchema } from './core/report.ts';
import { ReportError } from './errors.ts';
import { decode, encode } from './lake/catalog.ts';
import type { ObjectStore } from './ports.ts';

const sha256Text = z.string().regex(/^[0-9a-f]{64}$/);
const fileSchema = z.strictObject({ name: z.string(), sha256: sha256Text, bytes: z.int().nonnegative() });

/** What a revision was made of and consists of: enough to make it again, byte for byte, and to prove it. */
export const manifestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  month: z.string().refine(isMonth),
  revision: z.int().positive(),
  codeVersion: z.string(),
  engine: z.string(),
  /** What the engine read to make this revision, where it is paid by the byte. */
  bytesScanned: z.int().nonnegative().optional(),
  files: z.array(fileSchema),
  /** Files that could not be made for this revision. */
  missing: z.array(z.string()).min(1).optional(),
  inputs: z.array(fileSchema.extend({ month: z.string(), table: z.string() })),
  queries: z.array(z.strictObject({ name: z.string(), sha256: sha256Text })),
  config: z.record(z.string(), z.unknown()),
});

export type Manifest = z.infer<typeof manifestSchema>;

const pointerSchema = z.strictObject({ revision: z.int().positive(), manifestSha256: sha256Text });

export type Archived = {
  readonly month: Month;
  readonly revision: number;
  readonly report: Report;
  readonly manifest: Manifest;
};

/** A file of a revision: in memory, or finished on the local disk when it may be large. */
export type ArchiveFile = {
  readonly name: string;
  readonly content: { readonly bytes: Uint8Array } | { readonly path: string };
};

const root = (month: Month) => `archive/month=${month}`;
const pointerKey = (month: Month) => `${root(month)}/current.json`;

/** Where a file of a revision is stored. */
export const archiveKey = (month: Month, revision: number, name: string) =>
  `${root(month)}/revision=${revision}/${name}`;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const hashOf = async ({ name, content }: ArchiveFile) => {
  if ('bytes' in content) return { name, sha256: sha256(content.bytes), bytes: content.bytes.byteLength };
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(content.path)) hash.update(chunk);
  return { name, sha256: hash.digest('hex'), bytes: (await stat(content.path)).size };
};

const restoreHint = 'Restore the archive from its backup; a revision is never written again.';
const damaged = (what: string) =>
  new ReportError('unexpected', 'DAMAGED', `${what} is not what was archived`, restoreHint);

/** Bytes of an archived file, checked against the manifest's hash. */
export const verified = async (store: ObjectStore, key: string, expected: string): Promise<Uint8Array> => {
  const stored = await store.get(key);
  if (stored === null || sha256(stored.bytes) !== expected) throw damaged(key);
  return stored.bytes;
};

const readManifest = async (
  store: ObjectStore,
  month: Month,
  revision: number,
  expected: string | null,
): Promise<Manifest | null> => {
  const key = archiveKey(month, revision, 'manifest.json');
  const stored = await store.get(key);
  if (stored === null) return null;
  if (expected !== null && sha256(stored.bytes) !== expected) throw damaged(key);
  return decode(manifestSchema, stored.bytes, key, restoreHint);
};

/** What the pointer of a month says, and its etag; null when there is none. */
export const readPointer = async (store: ObjectStore, month: Month) => {
  const stored = await store.get(pointerKey(month));
  return stored === null
    ? null
    : { etag: stored.etag, ...decode(pointerSchema, stored.bytes, pointerKey(month), restoreHint) };
};

/** One archived revision, the current one unless told otherwise, every byte of it checked; null when there is none. */
export const readArchived = async (store: ObjectStore, month: Month, revision?: number): Promise<Archived | null> => {
  const pointer = await readPointer(store, month);
  // A revision that no pointer ever named was not finished: it is no part of the archive.
  if (pointer === null || (revision !== undefined && revision > pointer.revision)) return null;
  const wanted = revision ?? pointer.revision;
  const manifest = await readManifest(
    store,
    month,
    wanted,
    wanted === pointer.revision ? pointer.manifestSha256 : null,
  );
  const file = manifest?.files.find(({ name }) => name === 'report.json');
  if (manifest === null || file === undefined) {
    if (wanted === pointer.revision) throw damaged(archiveKey(month, wanted, 'manifest.json'));
    return null;
  }
  const key = archiveKey(month, wanted, 'report.json');
  const report = decode(reportSchema, await verified(store, key, file.sha256), key, restoreHint);
  return { month, revision: wanted, report, manifest };
};

/** Months that have a current report, oldest first. */
export const archivedMonths = async (store: ObjectStore): Promise<Month[]> => {
  const months: Month[] = [];
  for await (const key of store.list('archive/')) {
    const month = /^archive\/month=(.+)\/current\.json$/.exec(key)?.[1] ?? '';
    if (isMonth(month)) months.push(month);
  }
  return months.sort();
};

/** A local copy of an archived file, checked; null when the revision has no such file. */
export const archivedFile = async (store: ObjectStore, archived: Archived, name: string): Promise<string | null> => {
  const expected = archived.manifest.files.find((file) => file.name === name);
  if (expected === undefined) return null;
  const key = archiveKey(archived.month, archived.revision, name);
  const path = await store.localFile(key);
  if (path === null || (await hashOf({ name, content: { path } })).sha256 !== expected.sha256) throw damaged(key);
  return path;
};

/** The report's bytes: the one serialisation that hashes and comparisons rely on. */
export const reportBytes = (report: Report): Uint8Array => {
  const parsed = reportSchema.safeParse(report);
  if (!parsed.success)
    throw new ReportError(
      'unexpected',
      'REPORT_INVALID',
      'the report does not have its own form',
      'This is a fault of the program: report it.',
      {
        cause: parsed.error,
      },
    );
  return encode(parsed.data);
};

/**
 * Publishes a revision: its files, then the manifest that names them, then the pointer. Until the pointer is swapped
 * nothing of it is current, and what an interrupted run left behind is written over.
 */
export const publish = async (
  store: ObjectStore,
  manifest: Omit<Manifest, 'files'>,
  files: readonly ArchiveFile[],
): Promise<Manifest> => {
  const { month, revision } = manifest;
  const hashed = [];
  for (const file of files) {
    hashed.push(await hashOf(file));
    const key = archiveKey(month, revision, file.name);
    if ('bytes' in file.content) await store.put(key, file.content.bytes);
    else await store.putFile(key, file.content.path);
  }
  const complete: Manifest = { ...manifest, files: hashed };
  const bytes = encode(complete);
  await store.put(archiveKey(month, revision, 'manifest.json'), bytes);
  const pointer = await readPointer(store, month);
  // Whoever wrote the same revision meanwhile may have put other bytes beside this manifest: it must not be pointed to.
  const there = await store.get(archiveKey(month, revision, 'manifest.json'));
  if (there === null || sha256(there.bytes) !== sha256(bytes)) throw conflict(month);
  const condition = pointer === null ? ({ ifAbsent: true } as const) : { ifMatch: pointer.etag };
  const swapped = await store.put(pointerKey(month), encode({ revision, manifestSha256: sha256(bytes) }), condition);
  if (swapped === null) throw conflict(month);
  return complete;
};

const conflict = (month: Month) =>
  new ReportError('dependency', 'CONFLICT', `another run archived ${month} at the same time`, 'Run the month again.');
