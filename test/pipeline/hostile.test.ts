/** Names that attack: what a customer is called reaches mail, page, spreadsheet and terminal as text and as nothing else. */
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { retention } from '../cli/retention.ts';
import { csvOf, type SourceRow } from '../contract/table-rules.ts';
import { type Folder, openFolder } from './folder.ts';

const script = '<script>alert(1)</script>';
const image = '"><img src=x onerror=alert(2)>';
const mustache = '{{constructor.constructor "return 1"}}{{{raw}}}';
const header = 'Evil\r\nBcc: thief@example.com\r\n\r\nbody';
const bidi = 'in\u202evoice\u2066\u200f.exe';
const escapes = 'red\u001b[31m \u001b]0;title\u0007 \u009b2J\u0000bell';
const formula = '=HYPERLINK("http://x.example","y")';
const sql = "'); DROP TABLE stage; --";

/** Customer id → name. All of them leave or grow in October, so that all of them are told. */
const customers: Readonly<Record<string, string>> = {
  '{{id}}': mustache,
  "o'hara": image,
  'bidi\u202e': bidi,
  [script]: script,
  '=1+1': formula,
  'esc\u001b[31m': escapes,
  'line\nbreak': header,
  '"quoted", id': '+cmd|/C calc',
  [sql]: sql,
  '../../etc/passwd': '@SUM(A1)',
};
const ids = Object.keys(customers);
const everybody = [...Object.entries(customers), ['steady', 'Steady'] as const];

const dimensions: Readonly<Record<string, string>> = {
  'pl"an': `${script}plan`,
  'x"; DROP TABLE customers; --': sql,
  'two\nlines': header,
  total: '__proto__',
  ['__proto__']: formula,
  Reason: '-1+1',
  '=cmd': bidi,
  '<b>{{region}}</b>': escapes,
};

const linesOf = (mrr: (at: number) => string): string =>
  csvOf(
    [...ids, 'steady']
      .map(
        (id, at): SourceRow => ({
          customer_id: id,
          subscription_id: `sub ${id}`,
          item_id: '1',
          product: script,
          currency: 'USD',
          mrr: mrr(at),
          status: 'active',
          invoice_id: `=in ${id}`,
          opportunity_id: `${script};${id}`,
        }),
      )
      .filter(({ mrr: amount }) => amount !== ''),
  );

const files = {
  '2026-09/lines.csv': linesOf((at) => `${1000 + at}.00`),
  '2026-09/customers.csv': csvOf(
    [...Object.entries(customers), ['steady', 'Steady']].map(
      ([id = '', name = '']): SourceRow => ({ customer_id: id, name, account_id: '', ...dimensions }),
    ),
  ),
  '2026-10/lines.csv': linesOf((at) => (at % 3 === 0 && at < ids.length ? '' : `${1500 + at}.00`)),
  '2026-10/cancellations.csv': csvOf(
    ids
      .filter((_, at) => at % 3 === 0)
      .map(
        (id): SourceRow => ({
          customer_id: id,
          ended_on: '2026-10-05',
          reason: `${header} ${script} ${mustache}`,
          note: script,
        }),
      ),
  ),
};

let folder: Folder;
const at = 'archive/month=2026-10/revision=1';

beforeAll(async () => {
  folder = await openFolder(files);
  const { added } = await folder.run();
  expect(added).toBe(true);
});
afterAll(() => folder.dispose());

/** Rows of a CSV text. */
const cellsOf = (text: string): string[][] => {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\n') rows.push([]);
    if (end === '') break;
  }
  return rows.filter((row) => row.length > 1);
};

// Control characters but LF, and marks that turn the reading order.
const steering = /(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u;

describe('what people read', () => {
  test.each(['email.html', 'report.html'])('%s has no element, no attribute and no address of theirs', async (name) => {
    const html = await folder.text(`${at}/${name}`);
    expect(html).not.toMatch(/<script>alert|<img src=x|<b>\{\{/);
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain('{{constructor.constructor &quot;return 1&quot;}}{{{raw}}}');
    expect(html).not.toMatch(steering);
    // Every tag that is there is one of ours: parsing it as attributes finds no handler.
    expect(html).not.toMatch(/<[^>]*\son\w+=/i);
  });

  test('email.txt is one line a fact, without controls', async () => {
    const text = await folder.text(`${at}/email.txt`);
    expect(text).not.toMatch(steering);
    expect(text).not.toMatch(/^Bcc:/m);
    expect(text).toContain('Evil Bcc: thief@example.com body');
  });

  test('email.eml has the headers that we gave it, and one recipient', async () => {
    for (const path of [
      `${at}/email.eml`,
      ...Object.keys(await folder.tree('outbox')).map((name) => `outbox/${name}`),
    ]) {
      const mail = await PostalMime.parse(await folder.text(path));
      expect(mail.headers.map(({ key }) => key).sort()).toEqual([
        'auto-submitted',
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'subject',
        'to',
      ]);
      expect(mail.to).toHaveLength(1);
      for (const { disposition, mimeType, contentId } of mail.attachments) {
        expect({ disposition, mimeType }).toEqual({ disposition: 'inline', mimeType: 'image/png' });
        expect(mail.html).toContain(`src="cid:${contentId?.slice(1, -1)}"`);
      }
      expect(mail.html).not.toContain('<script>alert');
    }
  });
});

describe('what machines read', () => {
  test('report.json has every name as it is', async () => {
    const report = await folder.report(1);
    const movers = report.topMovers.filter(({ window }) => window === 'month');
    expect(Object.fromEntries(movers.map(({ accountId, accountName }) => [accountId, accountName]))).toEqual(
      Object.fromEntries(everybody.filter(([id]) => movers.some(({ accountId }) => accountId === id))),
    );
    expect(movers.length).toBe(10);
    expect(movers.find(({ accountId }) => accountId === script)?.reason).toBe(`${header} ${script} ${mustache}`);
  });

  test.each(['movements.csv', 'segments.csv'])('no cell of %s can run as a formula', async (name) => {
    const rows = cellsOf(await folder.text(`${at}/${name}`));
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+@\t\r]|^-(?!\d+(\.\d+)?$)/);
  });

  test('the guard is one apostrophe, and everything else is as it was', async () => {
    const [names = [], ...rows] = cellsOf(await folder.text(`${at}/movements.csv`));
    expect(names.slice(9, -7).sort()).toEqual(
      Object.keys(dimensions)
        .map((name) => name.replace(/^=/, "'="))
        .sort(),
    );
    const accounts = new Map(rows.map((row) => [row[1], row[2]]));
    expect(accounts.get("'=1+1")).toBe(`'${formula}`);
    expect(accounts.get('"quoted", id')).toBe("'+cmd|/C calc");
    expect(accounts.get('../../etc/passwd')).toBe("'@SUM(A1)");
    expect(accounts.get('line\nbreak')).toBe(header);
    expect(rows).toHaveLength(11);
    expect(rows.every((row) => row.at(-5)?.startsWith("'=in "))).toBe(true);
  });

  test('a dimension may be called like anything, also like a word of ours', async () => {
    const { segments } = await folder.report(1);
    expect([...new Set(segments.map(({ dimension }) => dimension))].sort()).toEqual(
      [...Object.keys(dimensions), 'acv_band', 'cohort_year'].sort(),
    );
    for (const [dimension, segment] of Object.entries(dimensions))
      expect(segments.filter((found) => found.dimension === dimension)).toMatchObject([
        { segment, openingAccounts: 11 },
      ]);
  });
});

describe('what a terminal shows', () => {
  const trace = (...args: string[]) =>
    retention(['trace', '--month', '2026-10', '--home', folder.home, '--limit', '0', ...args]);

  test('nothing in a name steers it, in a table or in JSON', async () => {
    for (const args of [[], ['--json']]) {
      const { status, stdout } = await trace(...args);
      expect(status).toBe(0);
      expect(stdout).not.toMatch(steering);
      expect(stdout).toContain(script);
    }
  });

  test('an account and a segment are found by their very text', async () => {
    for (const id of ids) {
      const { stdout } = await trace('--json', '--account', id);
      expect(JSON.parse(stdout)).toMatchObject({ total: 1, rows: [{ account_id: id, account_name: customers[id] }] });
    }
    const { stdout } = await trace('--json', '--segment', 'Reason=-1+1', '--segment', `__proto__=${formula}`);
    expect(JSON.parse(stdout)).toMatchObject({ total: 11 });
  });

  test('nor in a complaint about a file', async () => {
    const copy = await folder.copy();
    await copy.write({
      ...files,
      '2026-10/lines.csv': files['2026-10/lines.csv'].replace(',active,', `,"${escapes}",`),
    });
    const { status, stderr } = await retention([
      'check',
      '--month',
      '2026-10',
      '--source',
      copy.source,
      '--home',
      copy.home,
    ]);
    expect(status).toBe(3);
    expect(stderr).toContain('column status');
    expect(stderr).not.toMatch(steering);
    await copy.dispose();
  });
});

describe('a source that attacks', () => {
  const attacked = async (attack: (source: string) => Promise<void>) => {
    const copy = await folder.copy();
    await attack(copy.source);
    const before = await copy.tree('archive');
    const told = await retention(['run', '--month', '2026-10', '--source', copy.source, '--home', copy.home]);
    expect(await copy.tree('archive')).toEqual(before);
    await copy.dispose();
    expect(told.stdout).toBe('');
    return told;
  };

  test('a small file that unpacks to a huge one', async () => {
    const told = await attacked(async (source) => {
      await rm(join(source, '2026-10/cancellations.csv'));
      await writeFile(join(source, '2026-10/cancellations.csv.gz'), gzipSync(Buffer.alloc(80 * 1024 * 1024)));
    });
    expect(told).toMatchObject({ status: 3, stderr: expect.stringContaining('expands to more than 64 MiB') });
  });

  test.each([
    ['a file', (source: string) => symlink('/etc/passwd', join(source, '2026-10/payments.csv'))],
    ['a month', (source: string) => symlink('/etc', join(source, '2026-08'))],
    ['a way out', (source: string) => symlink('../../..', join(source, '2026-10/payments'))],
  ])('a link to %s', async (_, attack) => {
    expect(await attacked(attack)).toMatchObject({ status: 2, stderr: expect.stringContaining('symbolic link') });
  });

  test('a month that is none', async () => {
    const told = await attacked(async (source) => {
      await mkdir(join(source, '2026-13'));
    });
    expect(told).toMatchObject({ status: 2, stderr: expect.stringContaining('The folder 2026-13 is not a month') });
  });

  test('names with dots are names: nothing outside is read or written', async () => {
    const copy = await folder.copy();
    await copy.write({ '2026-10/..csv': 'x', '2026-10/lines..csv': 'x', '..2026-10/lines.csv': 'x' });
    expect(await copy.run()).toMatchObject({ added: false, revision: 1 });
    await copy.dispose();
  });
});
