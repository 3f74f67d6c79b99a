/** Lists of pages: each is asked for once, a list that goes round in a circle ends, and what is kept asks nobody. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { keptObjects, type ListForm, newPages, pagesOf } from '../../../functions/sources/billing/listed.ts';
import { lookedUp, lookupPage } from '../../../functions/sources/billing/looked-up.ts';

const pageSchema = z.object({ has: z.array(z.string()), next: z.string().optional() });

const form: ListForm = {
  title: 'Vendor',
  read(body) {
    const { has, next } = pageSchema.parse(body);
    return { objects: has, next: next === undefined ? null : (at, first) => `${first}?after=${next}&from=${at}` };
  },
};

/** A vendor whose pages are told in this order, and a shelf. */
const vendor = (...bodies: readonly unknown[]) => {
  const asked: string[] = [];
  const shelf = new Map<string, unknown>();
  return {
    asked,
    shelf,
    ask: async (path: string) => bodies[asked.push(path) - 1],
    kept: { get: async (name: string) => shelf.get(name) ?? null },
  };
};

const list = { name: 'customers', first: '/all', form };

it('goes from page to page, and tells what each holds', async () => {
  const { ask, asked, kept } = vendor({ has: ['a', 'b'], next: '2' }, { has: [], next: '3' }, { has: ['c'] });
  expect(await Array.fromAsync(pagesOf(list, ask, kept))).toEqual([
    { page: { name: 'customers/000001', body: { has: ['a', 'b'], next: '2' } }, objects: ['a', 'b'] },
    { page: { name: 'customers/000002', body: { has: [], next: '3' } }, objects: [] },
    { page: { name: 'customers/000003', body: { has: ['c'] } }, objects: ['c'] },
  ]);
  expect(asked).toEqual(['/all', '/all?after=2&from=/all', '/all?after=3&from=/all?after=2&from=/all']);
});

it('goes on after the last page that is kept, and tells the kept ones without asking', async () => {
  const { ask, asked, kept, shelf } = vendor({ has: ['c'] });
  shelf.set('customers/000001', { has: ['a', 'b'], next: '2' });
  const told = await Array.fromAsync(pagesOf(list, ask, kept));
  expect(told.map(({ page, objects }) => [page?.name ?? null, objects])).toEqual([
    [null, ['a', 'b']],
    ['customers/000002', ['c']],
  ]);
  expect(asked).toHaveLength(1);
  shelf.set('customers/000002', { has: ['c'] });
  expect(await Array.fromAsync(newPages(pagesOf(list, ask, kept)))).toEqual([]);
});

it('ends with an error where a next page has been asked for already', async () => {
  const circle: ListForm = { ...form, read: (body) => ({ ...form.read(body), next: () => '/all' }) };
  const { ask, asked, kept } = vendor({ has: [] }, { has: [] });
  const walked = Array.fromAsync(pagesOf({ ...list, name: 'of Ada <x>', form: circle }, ask, kept));
  await expect(walked).rejects.toMatchObject({
    code: 'VENDOR_PAGES',
    kind: 'dependency',
    message: 'Vendor told the same next page twice in of?Ada??x?',
  });
  expect(asked).toEqual(['/all']);
});

it('what is kept is read as far as it goes', async () => {
  const { kept, shelf } = vendor();
  const read = () => Array.fromAsync(keptObjects('customers', form, kept));
  expect(await read()).toEqual([]);
  shelf.set('customers/000001', { has: ['a'], next: '2' });
  expect(await read()).toEqual([['a']]);
  shelf.set('customers/000002', { has: ['b'] });
  shelf.set('customers/000003', { has: ['of another list'] });
  expect(await read()).toEqual([['a'], ['b']]);
});

it('an object that is not there is asked for once, and is not there afterwards either', async () => {
  const { ask, asked, kept, shelf } = vendor(null, { id: 'b' });
  for (const name of ['coupon/a', 'coupon/b'])
    for (const _again of [1, 2])
      for await (const { body } of lookupPage(name, () => ask(name), kept)) shelf.set(name, body);
  expect(asked).toEqual(['coupon/a', 'coupon/b']);
  expect(await Promise.all(['coupon/a', 'coupon/b', 'coupon/c'].map((name) => lookedUp(name, kept)))).toEqual([
    null,
    { id: 'b' },
    null,
  ]);
});
