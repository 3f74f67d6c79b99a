/** Brings the inbox in line with a folder of snapshots: what changed is sent, what is gone is removed. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { DeleteObjectCommand, HeadObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Month } from '../core/month.ts';
import { atMost } from '../lake/at-most.ts';
import type { Progress } from '../ports.ts';
import { badRow } from '../sources/bad-row.ts';
import type { FolderSource } from '../sources/folder-source.ts';
import { formOf, type SourceFile, tableNames } from '../sources/source-file.ts';
import { asking } from './aws-error.ts';

export type Inbox = {
  readonly client: S3Client;
  readonly bucket: string;
  readonly progress: Progress;
  readonly note: (text: string) => void;
};

export type Synced = { readonly sent: number; readonly unchanged: number; readonly removed: number };

const prefix = 'inbox/';
const sideBySide = 8;
const partBytes = 8 * 1024 * 1024;
const mostParts = 9000;

/** Whether an object would be read as part of a snapshot. Anything else in the inbox is none of ours to remove. */
const isSnapshotFile = (name: string): boolean => {
  const [, first = '', ...rest] = name.split('/');
  if (rest.length === 0) return first === 'control.json' || isTable(formOf(first)?.stem);
  return rest.length === 1 && isTable(first) && formOf(rest[0] ?? '') !== null;
};
const isTable = (name: string | undefined): boolean => tableNames.some((table) => table === name);

/** The bytes that were hashed, or an error at their end: S3 keeps nothing of a body that fails. */
async function* bytesOf({ name, sha256, local }: SourceFile): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(await local(), { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256)
    throw badRow(`${name} changed while it was being sent`, 'Wait until the export has finished, then run again.');
}

const namesIn = async ({ client, bucket }: Inbox, month: Month): Promise<Set<string>> =>
  asking('list the inbox', async () => {
    const names = new Set<string>();
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client },
      { Bucket: bucket, Prefix: `${prefix}${month}/` },
    ))
      for (const { Key = '' } of Contents) names.add(Key.slice(prefix.length));
    return names;
  });

/** Files that the inbox does not have, or has with other bytes; in their order. */
const changedOf = async (files: readonly SourceFile[], present: ReadonlySet<string>, { client, bucket }: Inbox) => {
  const changed = await atMost(sideBySide, files, async (file) => {
    if (!present.has(file.name)) return [file];
    const there = await asking(`look at ${file.name} in the inbox`, () =>
      client.send(new HeadObjectCommand({ Bucket: bucket, Key: `${prefix}${file.name}` })),
    );
    return there.Metadata?.sha256 === file.sha256 && there.ContentLength === file.bytes ? [] : [file];
  });
  return changed.flat();
};

const send = async (file: SourceFile, { client, bucket }: Inbox): Promise<void> => {
  const upload = new Upload({
    client,
    params: {
      Bucket: bucket,
      Key: `${prefix}${file.name}`,
      Body: Readable.from(bytesOf(file), { objectMode: false }),
      Metadata: { sha256: file.sha256 },
    },
    partSize: Math.max(partBytes, Math.ceil(file.bytes / mostParts)),
  });
  await asking(`send ${file.name} to the inbox`, () => upload.done());
};

/**
 * Months of the folder up to `until`, oldest first; months that the folder does not have stay as they are. Every month
 * is read before anything is sent, so that a layout that would be refused changes nothing.
 */
export const syncInbox = async (source: FolderSource, until: Month, inbox: Inbox): Promise<Synced> => {
  const months = source.months.filter((month) => month <= until);
  for (const warning of source.warnings) inbox.note(warning);
  const changes: { send: readonly SourceFile[]; remove: readonly string[] }[] = [];
  let unchanged = 0;
  for (const [at, month] of months.entries()) {
    inbox.progress('Comparing the inbox', at, months.length);
    const { tables, control, warnings } = await source.read(month);
    for (const warning of warnings) inbox.note(warning);
    const files = [...Object.values(tables).flat(), ...(control === null ? [] : [control])];
    const present = await namesIn(inbox, month);
    const changed = await changedOf(files, present, inbox);
    const kept = new Set(files.map(({ name }) => name));
    changes.push({ send: changed, remove: [...present].filter((name) => isSnapshotFile(name) && !kept.has(name)) });
    unchanged += files.length - changed.length;
  }
  const files = changes.flatMap((change) => change.send);
  const removed = changes.flatMap((change) => change.remove);
  // Control totals first: a run that the schedule starts meanwhile finds that the rest does not agree with them yet.
  const isControl = ({ name }: SourceFile) => name.endsWith('/control.json');
  const inOrder = [...files.filter(isControl), ...files.filter((file) => !isControl(file))];
  for (const [at, file] of inOrder.entries()) {
    inbox.progress('Sending to the inbox', at, files.length);
    await send(file, inbox);
  }
  if (files.length > 0) inbox.progress('Sending to the inbox', files.length, files.length);
  for (const name of removed) {
    await asking(`remove ${name} from the inbox`, () =>
      inbox.client.send(new DeleteObjectCommand({ Bucket: inbox.bucket, Key: `${prefix}${name}` })),
    );
    inbox.note(`${name} is not in the folder any more and was removed from the inbox, which keeps its old versions`);
  }
  return { sent: files.length, unchanged, removed: removed.length };
};
