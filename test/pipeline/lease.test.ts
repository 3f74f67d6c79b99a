/** One run at a time holds a month. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { parseMonth } from '../../functions/core/month.ts';
import { withLease } from '../../functions/lease.ts';
import type { ObjectStore } from '../../functions/ports.ts';

const month = parseMonth('2026-10');
const at = (time: string) => ({ now: () => new Date(`2026-11-03T${time}:00Z`) });

let dir: string;
let store: ObjectStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lease-'));
  store = folderObjectStore(dir);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const lease = (run: string, time: string, work: () => Promise<string> = async () => run) =>
  withLease({ month, run, minutes: 16 }, { store, clock: at(time) }, work);

describe('a lease', () => {
  it('is had one after the other', async () => {
    expect(await lease('one', '08:00')).toBe('one');
    expect(await lease('two', '08:00')).toBe('two');
  });

  it('keeps others away while it is held, and lets its holder back in', async () => {
    await lease('one', '08:00', async () => {
      await expect(lease('two', '08:10')).rejects.toMatchObject({ kind: 'dependency', code: 'MONTH_BUSY' });
      expect(await lease('one', '08:10')).toBe('one');
      return '';
    });
  });

  it('runs out by itself when its holder died', async () => {
    await lease('one', '08:00', async () => {
      await expect(lease('two', '08:16')).resolves.toBe('two');
      return '';
    });
  });

  it('is given back after a failure', async () => {
    await expect(lease('one', '08:00', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await lease('two', '08:01')).toBe('two');
  });

  it('goes to one of two who want it at once', async () => {
    const slow = () => new Promise<string>((resolve) => setTimeout(() => resolve('had it'), 30));
    const outcomes = await Promise.allSettled([lease('one', '08:00', slow), lease('two', '08:00', slow)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
