/** Several streams of pages at once: whichever has one next gives it. */

/** The values of all streams, each stream in its own order. The number of streams bounds what is under way. */
export async function* sideBySide<T>(streams: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const step = async (at: number) => ({ at, result: await iterators[at]?.next() });
  const waiting = new Map(iterators.map((_, at) => [at, step(at)]));
  try {
    while (waiting.size > 0) {
      const { at, result } = await Promise.race(waiting.values());
      waiting.delete(at);
      if (result === undefined || result.done === true) continue;
      yield result.value;
      waiting.set(at, step(at));
    }
  } finally {
    // What is still under way when one of them fails has nobody to fail to.
    for (const pending of waiting.values()) pending.catch(() => {});
  }
}

/** Values of one queue, taken by several workers. A queue that is read as it goes must answer calls in their order. */
export const shared = <T, R>(
  values: Iterable<T> | AsyncIterable<T>,
  workers: number,
  work: (value: T) => AsyncIterable<R>,
): AsyncIterable<R> => {
  const queue = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  async function* worker(): AsyncGenerator<R> {
    for (let next = await queue.next(); next.done !== true; next = await queue.next()) yield* work(next.value);
  }
  return sideBySide(Array.from({ length: workers }, worker));
};
