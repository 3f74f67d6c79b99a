/** Which bucket a key lives in: one object store over three, told apart by the first part of a key. */
export type Buckets = { readonly inbox: string; readonly lake: string; readonly archive: string };

export const bucketOf =
  (buckets: Buckets) =>
  (key: string): string => {
    if (key.startsWith('inbox/')) return buckets.inbox;
    return key.startsWith('archive/') ? buckets.archive : buckets.lake;
  };
