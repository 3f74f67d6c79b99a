/** A few at a time, in order, and no further once one has failed. */
import { describe, expect, it } from 'vitest';
import { atMost } from '../../functions/lake/at-most.ts';

const soon = () => new Promise((resolve) => setTimeout(resolve, 2));

describe('at most', () => {
  it.each([1, 3, 50])('%i items are worked on at a time, and results keep their order', async (limit) => {
    let now = 0;
    let most = 0;
    const items = Array.from({ length: 10 }, (_, at) => at);
    const results = await atMost(limit, items, async (item) => {
      now += 1;
      most = Math.max(most, now);
      await soon();
      now -= 1;
      return item * 2;
    });
    expect(results).toEqual(items.map((item) => item * 2));
    expect(most).toBe(Math.min(limit, 10));
  });

  it('a failure is thrown when what was under way has ended, and nothing is begun after it', async () => {
    const [begun, ended]: [number[], number[]] = [[], []];
    const work = atMost(2, [1, 2, 3, 4], async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('one');
      await soon();
      ended.push(item);
    });
    await expect(work).rejects.toThrow('one');
    expect(begun).toEqual([1, 2]);
    expect(ended).toEqual([2]);
  });

  it('nothing to do is done', async () => expect(await atMost(4, [], soon)).toEqual([]));
});
