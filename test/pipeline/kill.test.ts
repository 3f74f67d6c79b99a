/** A run that is killed, wherever, costs nothing but time: the next one ends where an undisturbed one would have. */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readArchived } from '../../functions/archive.ts';
import { openHome } from '../../functions/compose-local.ts';
import { type CliOptions, retention, start } from '../cli/retention.ts';
import { bookFiles, closing, corrected } from './book.ts';
import { type Folder, openFolder } from './folder.ts';

const book = bookFiles('2026-09');
const later = corrected(book, '2026-10/lines.csv', '350.00', '340.00');

// One thread: what is tested is the order of things, and the machine has other work.
const calm: CliOptions = { environment: { RETENTION_THREADS: '1' } };
const board = ['cfo@example.com', 'chair@example.com'];
const seed = 20_261_031;

/** Numbers between 0 and 1, the same every time (mulberry32). */
const dice = (() => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
})();

const argumentsOf = ({ home, source }: Folder) => [
  'run',
  '--month',
  '2026-10',
  '--source',
  source,
  '--home',
  home,
  '--to',
  board.join(','),
];

const complete = async (folder: Folder): Promise<void> => {
  await folder.run({ to: board });
};

/** How long a run in a process of its own takes. */
const timed = async (folder: Folder): Promise<number> => {
  const began = performance.now();
  const { status, stderr } = await retention(argumentsOf(folder), calm);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return performance.now() - began;
};

/** Kills a run after a time. False when it was faster. */
const killed = async (folder: Folder, milliseconds: number): Promise<boolean> => {
  const { child, told } = start(argumentsOf(folder), calm);
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  await ended;
  clearTimeout(timer);
  return (await told).status === null;
};

/** What people and machines rely on: the current revision, its pointer, the mails and who got them. */
const promised = async (folder: Folder) => {
  const archive = await folder.tree('archive');
  const { revision } = JSON.parse(await folder.text('archive/month=2026-10/current.json'));
  const current = Object.entries(archive).filter(
    ([name]) => name.endsWith('current.json') || name.includes(`/revision=${revision}/`),
  );
  return {
    current: Object.fromEntries(current),
    outbox: await folder.tree('outbox'),
    deliveries: await folder.tree('deliveries'),
    catalog: (await folder.tree('lake'))['catalog.json'],
  };
};

const leftovers = async (folder: Folder) => ({
  runs: (await readdir(folder.home)).filter((name) => name.startsWith('.run-')),
  writes: await readdir(`${folder.home}/.tmp`),
});

describe('killing runs', () => {
  let fresh: Folder;
  let reported: Folder;
  let restated: Folder;
  let began: Awaited<ReturnType<typeof promised>>;
  let ended: Awaited<ReturnType<typeof promised>>;
  let times: { first: number; second: number };
  const opened: Folder[] = [];

  beforeAll(async () => {
    fresh = await openFolder(book);
    reported = await fresh.copy();
    const first = await timed(reported);
    began = await promised(reported);
    restated = await reported.copy();
    await restated.write(later);
    const second = await timed(restated);
    ended = await promised(restated);
    times = { first, second };
  });
  afterAll(async () => {
    for (const folder of [fresh, reported, restated, ...opened]) await folder.dispose();
  });

  const copyOf = async (folder: Folder) => {
    const copy = await folder.copy();
    opened.push(copy);
    return copy;
  };

  // The first part of a run only loads the program: the points lie where it works.
  const moment = (part: number, parts: number, whole: number) => whole * (0.25 + (0.8 * (part + dice())) / parts);

  test.each([0, 1, 2, 3, 4, 5])('the first run, in its part %i of 6', async (part) => {
    const folder = await copyOf(fresh);
    await killed(folder, moment(part, 6, times.first));
    await complete(folder);
    expect(await promised(folder)).toEqual(began);
    expect(await leftovers(folder)).toEqual({ runs: [], writes: [] });
  });

  test.each([0, 1, 2, 3, 4, 5])('the run of a correction, in its part %i of 6', async (part) => {
    const folder = await copyOf(reported);
    await folder.write(later);
    const first = await folder.tree('archive/month=2026-10/revision=1');
    await killed(folder, moment(part, 6, times.second));
    // Whatever was killed, the archive can be read, and says one or the other.
    const standing = await readArchived(openHome(folder.home), closing);
    expect([1, 2]).toContain(standing?.revision);
    await complete(folder);
    expect(await promised(folder)).toEqual(ended);
    expect(await folder.tree('archive/month=2026-10/revision=1')).toEqual(first);
    expect(await leftovers(folder)).toEqual({ runs: [], writes: [] });
  });

  test('again and again, before one gets through', async () => {
    const folder = await copyOf(fresh);
    let kills = 0;
    for (let round = 0; round < 5; round++) if (await killed(folder, moment(round, 5, times.first))) kills += 1;
    expect(kills).toBeGreaterThan(0);
    await complete(folder);
    expect(await promised(folder)).toEqual(began);
    expect(await leftovers(folder)).toEqual({ runs: [], writes: [] });
  });

  test('a source that was put right after a kill leaves the first report current', async () => {
    const folder = await copyOf(reported);
    await folder.write(later);
    await killed(folder, times.second * 0.8);
    await folder.write(book);
    await complete(folder);
    const { windows } = await folder.report(1);
    expect((await readArchived(openHome(folder.home), closing))?.report.windows).toEqual(windows);
  });
});
