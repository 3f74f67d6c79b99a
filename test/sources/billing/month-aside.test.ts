/** What a month's lists tell, put aside: in the folder that is shared, or in one that goes with whoever asked. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseMonth } from '../../../functions/core/month.ts';
import { monthAside } from '../../../functions/sources/billing/month-aside.ts';

const request = { month: parseMonth('2026-10'), timeZone: 'UTC', from: 0, until: 1, pulledAt: 1 };

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'month-aside-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(scratch, { recursive: true, force: true });
});

async function* records(...texts: readonly string[]) {
  for (const text of texts) yield [{ key: 'a', text }];
}
const textsOf = async (aside: Awaited<ReturnType<typeof monthAside>>) => (await Array.fromAsync(aside.parts())).flat();

it('in a shared folder: put aside once, read again and again, and left to whoever shares it', async () => {
  {
    await using aside = await monthAside({ ...request, scratch }, 'by-customer', records('one', 'two'));
    expect([await textsOf(aside), await textsOf(aside)]).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
  }
  expect(await readdir(scratch)).toEqual(['by-customer']);
  await using again = await monthAside({ ...request, scratch }, 'by-customer', records('other'));
  expect(await textsOf(again)).toEqual(['one', 'two']);
});

it('in a folder of its own: gone afterwards, and gone where putting aside failed', async () => {
  // Where folders for a while are made: nobody else's are there.
  vi.stubEnv('TMPDIR', scratch);
  {
    await using aside = await monthAside(request, 'by-customer', records('one'));
    expect(await textsOf(aside)).toEqual(['one']);
    expect(await readdir(scratch)).toHaveLength(1);
  }
  async function* failing() {
    yield [{ key: 'a', text: 'one' }];
    throw new Error('no more');
  }
  await expect(monthAside(request, 'by-customer', failing())).rejects.toThrow('no more');
  expect(await readdir(scratch)).toEqual([]);
});
