/** A store that reads through to another and keeps writes to itself: what a check makes is gone with it. */
import type { ObjectStore } from '../ports.ts';

export const overlayObjectStore = (base: ObjectStore, own: ObjectStore): ObjectStore => ({
  get: async (key) => (await own.get(key)) ?? base.get(key),
  put: async (key, bytes, condition) => {
    const stored = (await own.get(key)) ?? (await base.get(key));
    if (condition !== undefined && ('ifAbsent' in condition ? stored !== null : stored?.etag !== condition.ifMatch))
      return null;
    return own.put(key, bytes);
  },
  putFile: (key, path) => own.putFile(key, path),
  localFile: async (key) => (await own.localFile(key)) ?? base.localFile(key),
  async *list(prefix) {
    const keys = new Set<string>();
    for (const store of [own, base]) for await (const key of store.list(prefix)) keys.add(key);
    yield* [...keys].sort();
  },
});
