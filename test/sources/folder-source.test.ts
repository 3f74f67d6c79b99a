import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Month, parseMonth } from '../../functions/core/month.ts';
import { ReportError } from '../../functions/errors.ts';
import { openFolderSource } from '../../functions/sources/folder-source.ts';
import type { HashMemo } from '../../functions/sources/hash-memo.ts';
import { type SourceMonth, tableNames } from '../../functions/sources/source-file.ts';

const october = parseMonth('2026-10');

describe('openFolderSource', () => {
  let outside: string;
  let dir: string;

  beforeEach(async () => {
    outside = await mkdtemp(join(tmpdir(), 'source-'));
    dir = join(outside, 'book');
    await mkdir(dir);
  });
  afterEach(async () => {
    await rm(outside, { recursive: true, force: true });
  });

  const put = async (name: string, content: string | Uint8Array = name): Promise<string> => {
    const path = join(dir, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  };
  const readOctober = async (): Promise<SourceMonth> => (await openFolderSource(dir)).read(october);
  const failureOf = async (work: Promise<unknown>): Promise<ReportError> => {
    const failure = await work.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ReportError);
    return failure as ReportError;
  };

  describe('months', () => {
    it('are the folders named as months, oldest first', async () => {
      for (const month of ['2026-10', '2025-12', '2026-01']) await put(`${month}/lines.csv`);
      const source = await openFolderSource(dir);
      expect(source.months).toEqual(['2025-12', '2026-01', '2026-10']);
      expect(source.warnings).toEqual([]);
    });

    it('may be none', async () => {
      expect((await openFolderSource(dir)).months).toEqual([]);
    });

    it.each(['2026-13', '2026-00', '2026-1', '1812-10', '202610', '2026_10'])('refuse the folder %s', async (name) => {
      await put(`${name}/lines.csv`);
      const failure = await failureOf(openFolderSource(dir));
      expect(failure.kind).toBe('usage');
      expect(failure.message).toBe(`The folder ${name} is not a month`);
    });

    it('leave other things aside with a warning, dot-files without', async () => {
      await put('2026-10/lines.csv');
      await put('notes.txt');
      await put('old/lines.csv');
      await put('2026-09');
      await put('.DS_Store');
      await put('.git/config');
      const source = await openFolderSource(dir);
      expect(source.months).toEqual(['2026-10']);
      expect(source.warnings.map((warning) => warning.split(' ')[0])).toEqual(['2026-09', 'notes.txt', 'old']);
    });

    it('can only be read when they are there', async () => {
      await put('2026-10/lines.csv');
      const source = await openFolderSource(dir);
      const failure = await failureOf(source.read(parseMonth('2026-11')));
      expect(failure).toMatchObject({ kind: 'usage', hint: 'It has 2026-10 to 2026-10.' });
      await failureOf(source.read('../2026-10' as Month));
    });
  });

  describe('the folder', () => {
    it('must exist, as a folder', async () => {
      expect((await failureOf(openFolderSource(join(dir, 'none')))).kind).toBe('usage');
      await put('file');
      expect((await failureOf(openFolderSource(join(dir, 'file')))).kind).toBe('usage');
    });

    it('may itself be a link, or be named with dots', async () => {
      await put('2026-10/lines.csv');
      await symlink(dir, join(outside, 'link'));
      for (const name of [join(outside, 'link'), `${dir}/../book/.`]) {
        const source = await openFolderSource(name);
        expect(source.dir.endsWith('/book')).toBe(true);
        expect(await (await source.read(october)).tables.lines[0]?.local()).toBe(join(source.dir, '2026-10/lines.csv'));
      }
    });
  });

  describe('the tables of a month', () => {
    it.each([
      ['lines.csv', 'csv', false],
      ['lines.csv.gz', 'csv', true],
      ['lines.ndjson', 'ndjson', false],
      ['lines.ndjson.gz', 'ndjson', true],
      ['lines.parquet', 'parquet', false],
    ])('may come as %s', async (name, form, gzip) => {
      const path = await put(`2026-10/${name}`, 'content');
      const sha256 = createHash('sha256').update('content').digest('hex');
      const found = await readOctober();
      expect(found.tables.lines).toMatchObject([{ name: `2026-10/${name}`, form, gzip, bytes: 7, sha256 }]);
      expect(await found.tables.lines[0]?.local()).toBe(path);
      expect(found.warnings).toEqual([]);
    });

    it('may come in parts of any form, in the order of their names', async () => {
      for (const part of ['b.csv', 'a.csv.gz', 'c.parquet', 'part-10.ndjson', 'part-2.ndjson.gz']) {
        await put(`2026-10/lines/${part}`);
      }
      const { tables } = await readOctober();
      expect(tables.lines.map(({ name }) => name)).toEqual([
        '2026-10/lines/a.csv.gz',
        '2026-10/lines/b.csv',
        '2026-10/lines/c.parquet',
        '2026-10/lines/part-10.ndjson',
        '2026-10/lines/part-2.ndjson.gz',
      ]);
    });

    it('are six, with control totals beside them, and each may be missing', async () => {
      for (const table of tableNames) await put(`2026-10/${table}.csv`);
      await put('2026-10/control.json', '{}');
      await put('2026-09/lines.csv');
      const found = await readOctober();
      expect(Object.values(found.tables).map((files) => files.length)).toEqual([1, 1, 1, 1, 1, 1]);
      expect(found.control).toMatchObject({ name: '2026-10/control.json', bytes: 2 });
      const earlier = await (await openFolderSource(dir)).read(parseMonth('2026-09'));
      expect(earlier.control).toBeNull();
      expect(earlier.tables.fx).toEqual([]);
    });

    it('leave unknown files aside with a warning, dot-files without', async () => {
      for (const name of ['lines/a.csv', 'lines/readme.txt', 'lines/deep/b.csv', 'lines/.b.csv.tmp']) {
        await put(`2026-10/${name}`);
      }
      for (const name of ['Lines.csv', 'refunds.csv', 'fx.xlsx', 'fx.parquet.gz', 'control.json.gz', '.x']) {
        await put(`2026-10/${name}`);
      }
      await put('2026-10/control/control.json');
      await mkdir(join(dir, '2026-10/payments'));
      const found = await readOctober();
      expect(found.tables.lines).toHaveLength(1);
      expect(found.tables.fx).toEqual([]);
      expect(found.tables.payments).toEqual([]);
      expect(found.control).toBeNull();
      expect(found.warnings.map((warning) => warning.split(' ')[0]?.slice('2026-10/'.length))).toEqual([
        'Lines.csv',
        'control',
        'control.json.gz',
        'fx.parquet.gz',
        'fx.xlsx',
        'lines/deep',
        'lines/readme.txt',
        'payments',
        'refunds.csv',
      ]);
    });

    it.each([
      ['lines.csv', 'lines.parquet', ['lines.csv', 'lines.parquet']],
      ['lines.csv', 'lines.csv.gz', ['lines.csv', 'lines.csv.gz']],
      ['lines.csv', 'lines/a.csv', ['lines ', 'lines.csv']],
      ['lines/a.csv', 'lines/a.csv.gz', ['lines/a.csv', 'lines/a.csv.gz']],
      ['lines/a.csv', 'lines/a.parquet', ['lines/a.csv', 'lines/a.parquet']],
    ])('must not be there twice, as %s and %s', async (one, other, named) => {
      await put(`2026-10/${one}`);
      await put(`2026-10/${other}`);
      const failure = await failureOf(readOctober());
      expect(failure).toMatchObject({ kind: 'blocked', code: 'BAD_ROW' });
      for (const name of named) expect(failure.message).toContain(`2026-10/${name}`);
    });
  });

  describe('links and devices', () => {
    beforeEach(async () => {
      await writeFile(join(outside, 'secret.csv'), 'secret');
      await mkdir(join(outside, 'secrets'));
      await writeFile(join(outside, 'secrets', 'a.csv'), 'secret');
      await put('2026-10/lines.csv');
    });

    it.each([
      ['a month', '2026-11', 'secrets'],
      ['a file', '2026-10/customers.csv', 'secret.csv'],
      ['a table in parts', '2026-10/customers', 'secrets'],
      ['the control totals', '2026-10/control.json', 'secret.csv'],
      ['a file of no meaning', '2026-10/notes.txt', 'secret.csv'],
      ['something beside the months', 'notes', 'secrets'],
      ['a dangling link', '2026-10/fx.csv', 'nothing'],
    ])('are refused for %s', async (_, name, to) => {
      await symlink(join(outside, to), join(dir, name));
      const failure = await failureOf(readOctober());
      expect(failure.kind).toBe('usage');
      expect(failure.message).toContain(`${name} is a symbolic link`);
    });

    it('are refused for a part, even one that stays inside', async () => {
      await put('2026-10/customers/a.csv');
      await symlink(join(dir, '2026-10/lines.csv'), join(dir, '2026-10/customers/b.csv'));
      expect((await failureOf(readOctober())).message).toContain('2026-10/customers/b.csv is a symbolic link');
    });

    it('are refused when they take the place of a file after it was listed', async () => {
      const { hashFile } = await import('../../functions/sources/hash-memo.ts');
      await symlink(join(outside, 'secret.csv'), join(dir, 'link'));
      await expect(hashFile(join(dir, 'link'), 'link', new Map(), false)).rejects.toThrow('ELOOP');
    });

    it('are refused for a pipe, without waiting for a writer', async () => {
      execFileSync('mkfifo', [join(dir, '2026-10/fx.csv')]);
      expect((await failureOf(readOctober())).message).toContain('2026-10/fx.csv is neither a file nor a folder');
    });
  });

  describe('the memo of hashes', () => {
    const hashed = async (memo: HashMemo, trustMemo: boolean): Promise<string | undefined> =>
      (await (await openFolderSource(dir, memo)).read(october, { trustMemo })).tables.lines[0]?.sha256;
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    const forge = (memo: HashMemo): void => {
      memo.set('2026-10/lines.csv', { ...memo.get('2026-10/lines.csv')!, sha256: 'remembered' });
    };

    it('is filled by reading and survives JSON', async () => {
      await put('2026-10/lines.csv', 'one');
      const memo: HashMemo = new Map();
      await hashed(memo, false);
      expect([...memo.keys()]).toEqual(['2026-10/lines.csv']);
      const revived: HashMemo = new Map(JSON.parse(JSON.stringify([...memo])));
      expect(revived).toEqual(memo);
      forge(revived);
      expect(await hashed(revived, true)).toBe('remembered');
    });

    it('is not used unless it is trusted', async () => {
      await put('2026-10/lines.csv', 'one');
      const memo: HashMemo = new Map();
      await hashed(memo, true);
      forge(memo);
      expect(await hashed(memo, false)).toBe(sha256('one'));
      expect(memo.get('2026-10/lines.csv')?.sha256).toBe(sha256('one'));
    });

    it('sees a file of another size, time or place, and one whose time was set back', async () => {
      const path = await put('2026-10/lines.csv', 'one');
      const memo: HashMemo = new Map();
      await hashed(memo, true);
      const { atime, mtime } = await stat(path);
      await writeFile(path, 'two');
      await utimes(path, atime, mtime);
      forge(memo);
      expect(await hashed(memo, true)).toBe(sha256('two'));
      await rm(path);
      await put('2026-10/lines.csv', 'six');
      forge(memo);
      expect(await hashed(memo, true)).toBe(sha256('six'));
    });

    it('forgets files that are gone, of that month only', async () => {
      await put('2026-10/lines.csv', 'one');
      const old = { bytes: 1, mtimeNs: '1', ctimeNs: '1', ino: '1', sha256: 'x' };
      const memo: HashMemo = new Map([
        ['2026-10/fx.csv', old],
        ['2026-09/fx.csv', old],
      ]);
      await hashed(memo, true);
      expect([...memo.keys()].sort()).toEqual(['2026-09/fx.csv', '2026-10/lines.csv']);
    });

    it('has an empty file, and names that are words of the language', async () => {
      await put('2026-10/lines/__proto__.csv', '');
      const memo: HashMemo = new Map();
      expect(await hashed(memo, true)).toBe(sha256(''));
      expect(await hashed(memo, true)).toBe(sha256(''));
    });
  });
});
