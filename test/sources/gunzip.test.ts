import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReportError } from '../../functions/errors.ts';
import { gunzipTo } from '../../functions/sources/gunzip.ts';
import type { SourceFile } from '../../functions/sources/source-file.ts';

describe('gunzipTo', () => {
  let folder: string;
  let target: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gunzip-'));
    target = join(folder, 'lines.csv');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const packed = async (bytes: Uint8Array): Promise<SourceFile> => {
    await rm(target, { force: true });
    const path = join(folder, 'lines.csv.gz');
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return {
      name: '2026-10/lines.csv.gz',
      form: 'csv',
      gzip: true,
      bytes: bytes.length,
      sha256,
      local: async () => path,
    };
  };
  const failureOf = async (work: Promise<unknown>): Promise<ReportError> => {
    const failure = await work.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ReportError);
    return failure as ReportError;
  };

  it('unpacks', async () => {
    await gunzipTo(await packed(gzipSync('a,b\n1,2\n')), target);
    expect(await readFile(target, 'utf8')).toBe('a,b\n1,2\n');
  });

  it('takes members one after another as one text', async () => {
    await gunzipTo(await packed(Buffer.concat([gzipSync('a,b\n'), gzipSync('1,2\n'), gzipSync('')])), target);
    expect(await readFile(target, 'utf8')).toBe('a,b\n1,2\n');
  });

  it('takes a member that begins where a chunk of the file does', async () => {
    // A stored, not compressed, member can be given any length: here exactly the 256 KiB that are read at a time.
    const chunk = 256 * 1024;
    const overhead = gzipSync(Buffer.alloc(chunk - 100, 'x'), { level: 0 }).length - (chunk - 100);
    const member = gzipSync(Buffer.alloc(chunk - overhead, 'x'), { level: 0 });
    expect(member.length).toBe(chunk);
    await gunzipTo(await packed(Buffer.concat([member, gzipSync('the end')])), target);
    const text = await readFile(target, 'utf8');
    expect(text.length).toBe(chunk - overhead + 'the end'.length);
    expect(text.endsWith('xthe end')).toBe(true);
  });

  it('expands text of ordinary density without limit', async () => {
    const text = Array.from({ length: 1_500_000 }, (_, at) => `customer_${at % 977},sub_${at},12.50,active`).join('\n');
    await gunzipTo(await packed(gzipSync(text, { level: 1 })), target);
    expect((await readFile(target)).length).toBe(Buffer.byteLength(text));
  });

  it('expands a small file up to 64 MiB and not a byte more', async () => {
    const most = 64 * 1024 * 1024;
    await gunzipTo(await packed(gzipSync(Buffer.alloc(most))), target);
    expect((await readFile(target)).length).toBe(most);
    const failure = await failureOf(gunzipTo(await packed(gzipSync(Buffer.alloc(most + 1))), target));
    expect(failure).toMatchObject({ kind: 'blocked', code: 'BAD_ROW' });
    expect(failure.message).toBe('2026-10/lines.csv.gz expands to more than 64 MiB; refused');
    expect(existsSync(target)).toBe(false);
  });

  it('refuses a bomb of many members', async () => {
    const member = gzipSync(Buffer.alloc(10 * 1024 * 1024));
    const failure = await failureOf(gunzipTo(await packed(Buffer.concat(Array(12).fill(member))), target));
    expect(failure.message).toContain('refused');
    expect(existsSync(target)).toBe(false);
  });

  const sound = gzipSync('a,b\n1,2\n'.repeat(1_000));
  const flipped = Buffer.from(sound);
  flipped.writeUInt8(flipped.readUInt8(flipped.length - 6) ^ 1, flipped.length - 6);

  it.each([
    ['is empty', Buffer.alloc(0)],
    ['is plain text', Buffer.from('a,b\n1,2\n')],
    ['is cut short', sound.subarray(0, sound.length - 9)],
    ['lacks its checksum', sound.subarray(0, sound.length - 8)],
    ['has a wrong checksum', flipped],
    ['has a second member cut short', Buffer.concat([sound, sound.subarray(0, 20)])],
    ['is followed by text', Buffer.concat([sound, Buffer.from('and more')])],
    ['hides a member behind zero bytes', Buffer.concat([sound, Buffer.alloc(3), sound])],
    ['hides a member behind many zero bytes', Buffer.concat([sound, Buffer.alloc(300 * 1024), sound])],
  ])('refuses a file that %s', async (_, bytes) => {
    const failure = await failureOf(gunzipTo(await packed(bytes), target));
    expect(failure).toMatchObject({ kind: 'blocked', code: 'BAD_ROW' });
    expect(failure.message).toContain('2026-10/lines.csv.gz');
    expect(existsSync(target)).toBe(false);
  });

  it('refuses a file that is not the one that was hashed', async () => {
    const file = await packed(sound);
    const failure = await failureOf(gunzipTo({ ...file, sha256: '0'.repeat(64) }, target));
    expect(failure.message).toContain('changed while it was being read');
  });

  it('never writes over a file', async () => {
    const file = await packed(sound);
    await writeFile(target, 'mine');
    expect((await failureOf(gunzipTo(file, target))).code).toBe('DISK');
    expect(await readFile(target, 'utf8')).toBe('mine');
  });
});
