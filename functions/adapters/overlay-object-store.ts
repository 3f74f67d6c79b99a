/** A store that reads through to another and keeps writes to itself: what a check makes is gone with it. */
import type { ObjectStore } from '../ports.ts';

export const overlayObjectStore = (base: ObjectStore, own: ObjectStore): ObjectStore => ({
  get: async (key) => (await own.get(key)) ?? base.get(key),
  put: async (key, bytes, condition) => {
    if (condition === undefined) return own.put(key, bytes);
    if ('ifMatch' in condition && (await own.get(key)) !== null) return own.put(key, bytes, condition);
    const below = await base.get(key);
    if ('ifAbsent' in condition ? below !== null : below?.etag !== condition.ifMatch) return null;
    // The base holds still, so the first to write here decides.
    return own.put(key, bytes, { ifAbsent: true });
  },
  putFile: (key, path) => own.putFile(key, path),
  localFile: async (key) => (await own.localFile(key)) ?? base.localFile(key),
  async *list(prefix) {
    const keys = new Set<string>();
    for (const store of [own, base]) for await (const key of store.list(prefix)) keys.add(key);
    yield* [...keys].sort();
  },
});
