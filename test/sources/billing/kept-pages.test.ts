/** Pages of a pull: kept once and never changed, brought near once, named so that they stay in their place. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderObjectStore } from '../../../functions/adapters/folder-object-store.ts';
import type { ObjectStore } from '../../../functions/ports.ts';
import { shelfOf } from '../../../functions/sources/billing/kept-pages.ts';

const prefix = 'inbox/stripe-raw/2026-10/pull=1/';

let dir: string;
let store: ObjectStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kept-pages-'));
  store = folderObjectStore(join(dir, 'store'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const page = (number: number, body: unknown = { number }) => ({ name: `charges/00000${number}`, body });

it('a page that somebody else has kept stays as it is, and its second writer is told', async () => {
  const [one, other] = [shelfOf(store, prefix, null), shelfOf(store, prefix, join(dir, 'near'))];
  expect(await one.keep(page(1))).toBe(true);
  expect(await other.keep(page(1, 'of another'))).toBe(false);
  expect(await one.keep(page(1, 'once more'))).toBe(true);
  expect([await one.get('charges/000001'), await other.get('charges/000001')]).toEqual([{ number: 1 }, { number: 1 }]);
  expect(await one.count()).toBe(1);
});

it('pages are brought near once, and what is not kept is not asked for', async () => {
  const first = shelfOf(store, prefix, null);
  for (const number of [1, 2, 3]) await first.keep(page(number));
  const asked: string[] = [];
  const far: ObjectStore = {
    ...store,
    get: (key) => {
      asked.push(key);
      return store.get(key);
    },
  };
  const near = shelfOf(far, prefix, join(dir, 'near'));
  for (let time = 0; time < 3; time++)
    for (const number of [1, 2, 3]) expect(await near.get(`charges/00000${number}`)).toEqual({ number });
  expect(await near.get('charges/000004')).toBeNull();
  await near.keep(page(4));
  expect(await near.get('charges/000004')).toEqual({ number: 4 });
  expect(asked.sort()).toEqual([1, 2, 3].map((number) => `${prefix}charges/00000${number}.json.gz`));
});

it.each(['../x/1', 'charges/../../x', '/charges/1', 'Charges/1', 'charges'])(
  '%s is no name of a page',
  async (name) => {
    for (const near of [null, join(dir, 'near')])
      await expect(shelfOf(store, prefix, near).get(name)).rejects.toThrow(RangeError);
  },
);
