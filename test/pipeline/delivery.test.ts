/** Who gets the report, how often, and what is known of it: by file and by mail server. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { bookFiles, corrected } from './book.ts';
import { cfo, type Folder, openFolder } from './folder.ts';
import { type MailServer, openMailServer } from './mail-server.ts';

const book = bookFiles('2026-09');
const board = ['cfo@example.com', 'chair@example.com', 'ceo@example.com'];

let base: Folder;
let folder: Folder;
let server: MailServer;

beforeAll(async () => {
  base = await openFolder(book);
  await base.run({ email: false });
});
beforeEach(async () => {
  folder = await base.copy();
  server = await openMailServer();
});
afterEach(async () => {
  await server.close();
  await folder.dispose();
});
afterAll(() => base.dispose());

const bySmtp = (settings: { to?: string[]; resend?: boolean } = {}) =>
  folder.run({ ...settings, environment: { RETENTION_SMTP_URL: server.url } });

const outcomes = (deliveries: readonly { recipient: string; outcome: string }[]) =>
  deliveries.map(({ recipient, outcome }) => `${recipient} ${outcome}`);

test('a file for each recipient, to that one alone; again, and it is not written twice', async () => {
  const first = await folder.run({ to: board });
  expect(outcomes(first.deliveries)).toEqual(board.map((to) => `${to} sent`));
  const outbox = await folder.tree('outbox');
  expect(Object.keys(outbox)).toHaveLength(3);
  for (const { recipient, where } of first.deliveries) {
    const text = await folder.text(where ?? '');
    expect(text).toContain(`To: ${recipient}`);
    for (const other of board.filter((to) => to !== recipient)) expect(text).not.toContain(other);
  }
  const second = await folder.run({ to: board });
  expect(outcomes(second.deliveries)).toEqual(board.map((to) => `${to} already sent`));
  expect(second.deliveries.map(({ where }) => where)).toEqual(first.deliveries.map(({ where }) => where));
  const third = await folder.run({ to: board, resend: true });
  expect(outcomes(third.deliveries)).toEqual(board.map((to) => `${to} sent`));
  expect(await folder.tree('outbox')).toEqual(outbox);
});

test('a mail server gets one message a recipient, once; --resend sends again', async () => {
  expect(outcomes((await bySmtp({ to: board })).deliveries)).toEqual(board.map((to) => `${to} sent`));
  expect(server.arrived).toEqual(board);
  expect(new Set(server.messages.map((text) => /^Message-ID: (.*)$/im.exec(text)?.[1])).size).toBe(3);

  expect(outcomes((await bySmtp({ to: board })).deliveries)).toEqual(board.map((to) => `${to} already sent`));
  expect(server.arrived).toHaveLength(3);

  await bySmtp({ resend: true, to: [cfo] });
  expect(server.arrived).toEqual([...board, cfo]);
});

test('a recipient that is added later gets it, and nobody else; the case of an address makes no other person', async () => {
  await bySmtp({ to: [cfo] });
  await bySmtp({ to: ['CFO@example.com', 'chair@example.com'] });
  expect(server.arrived).toEqual([cfo, 'chair@example.com']);
});

test('a new revision is sent to those who had the one before', async () => {
  await bySmtp();
  await folder.write(corrected(book, '2026-10/lines.csv', '350.00', '340.00'));
  expect((await bySmtp()).deliveries).toMatchObject([{ recipient: cfo, outcome: 'sent' }]);
  expect(server.arrived).toEqual([cfo, cfo]);
});

test('where the connection breaks after the message, the outcome is unknown, and nothing is sent until a person says so', async () => {
  server.dropped.add(cfo);
  await expect(bySmtp()).rejects.toMatchObject({ kind: 'dependency', code: 'SMTP_OUTCOME_UNKNOWN' });
  expect(server.arrived).toEqual([cfo]);
  server.dropped.clear();
  expect((await bySmtp()).deliveries).toEqual([{ recipient: cfo, outcome: 'unknown', where: null }]);
  expect(server.arrived).toEqual([cfo]);
  expect((await bySmtp({ resend: true })).deliveries).toMatchObject([{ outcome: 'sent' }]);
  expect(server.arrived).toEqual([cfo, cfo]);
  expect((await bySmtp()).deliveries).toMatchObject([{ outcome: 'already sent' }]);
});

test('a refused recipient fails the run, the others still get theirs, and the next run tries that one again', async () => {
  server.refused.add('cfo@example.com').add('chair@example.com');
  await expect(bySmtp({ to: board })).rejects.toMatchObject({
    kind: 'dependency',
    code: 'SMTP_REJECTED',
    message: expect.stringMatching(/cfo@example\.com.*\n.*chair@example\.com/),
  });
  expect(server.arrived).toEqual(['ceo@example.com']);
  server.refused.clear();
  const { deliveries } = await bySmtp({ to: board });
  expect(outcomes(deliveries)).toEqual([
    'cfo@example.com sent',
    'chair@example.com sent',
    'ceo@example.com already sent',
  ]);
  expect(server.arrived).toEqual(['ceo@example.com', 'cfo@example.com', 'chair@example.com']);
});

test('a server that is not there fails the run at the first recipient', async () => {
  await server.close();
  await expect(bySmtp({ to: board })).rejects.toMatchObject({ kind: 'dependency', code: 'SMTP_UNREACHABLE' });
  server = await openMailServer();
  expect(outcomes((await bySmtp({ to: board })).deliveries)).toEqual(board.map((to) => `${to} sent`));
});

test('the report is archived before anybody is told of it', async () => {
  server.refused.add(cfo);
  await folder.write(corrected(book, '2026-10/lines.csv', '350.00', '340.00'));
  await expect(bySmtp()).rejects.toMatchObject({ code: 'SMTP_REJECTED' });
  expect((await folder.report(2)).revision).toBe(2);
});
