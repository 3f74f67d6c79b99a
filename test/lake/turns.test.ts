/** Small work runs side by side, large work alone, and nobody waits for ever. */
import { expect, it } from 'vitest';
import { takingTurns } from '../../functions/lake/turns.ts';

/** Work that ends when told to, and what is under way meanwhile. */
const workplace = (limit: number) => {
  const inTurn = takingTurns(limit);
  const underWay = new Set<string>();
  const ends = new Map<string, (failed?: Error) => void>();
  const begin = (name: string, weight: number) =>
    inTurn(weight, () => {
      underWay.add(name);
      return new Promise<string>((resolve, reject) => {
        ends.set(name, (failed) => {
          underWay.delete(name);
          if (failed === undefined) resolve(name);
          else reject(failed);
        });
      });
    });
  const now = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return [...underWay];
  };
  const end = (name: string, failed?: Error) => {
    ends.get(name)?.(failed);
    return now();
  };
  return { begin, end, now };
};

it('lets in what fits together, in the order asked for', async () => {
  const { begin, end, now } = workplace(10);
  const all = [begin('a', 4), begin('b', 6), begin('c', 1), begin('d', 9)];
  expect(await now()).toEqual(['a', 'b']);
  expect(await end('a')).toEqual(['b', 'c']);
  expect(await end('b')).toEqual(['c', 'd']);
  await end('c');
  await end('d');
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
});

it('runs what is over the limit alone, and lets nothing small overtake it', async () => {
  const { begin, end, now } = workplace(10);
  const all = [begin('small', 1), begin('large', 99), begin('late', 1)];
  expect(await now()).toEqual(['small']);
  expect(await end('small')).toEqual(['large']);
  expect(await end('large')).toEqual(['late']);
  await end('late');
  await Promise.all(all);
});

it('gives the place of failed work to the next', async () => {
  const { begin, end, now } = workplace(1);
  const failing = begin('failing', 1);
  const next = begin('next', 1);
  await now();
  const told = expect(failing).rejects.toThrow('out of luck');
  expect(await end('failing', new Error('out of luck'))).toEqual(['next']);
  await end('next');
  await told;
  expect(await next).toBe('next');
});

it('counts what weighs nothing as something', async () => {
  const { begin, end, now } = workplace(2);
  const all = [begin('a', 0), begin('b', 0), begin('c', 0)];
  expect(await now()).toEqual(['a', 'b']);
  for (const name of ['a', 'b', 'c']) await end(name);
  await Promise.all(all);
});
