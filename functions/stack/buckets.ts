/** Which bucket a key lives in: one object store over three. */
export type Buckets = { readonly inbox: string; readonly lake: string; readonly archive: string };

export const bucketOf =
  ({ inbox, lake, archive }: Buckets) =>
  (key: string): string =>
    key.startsWith('inbox/') ? inbox : key.startsWith('archive/') ? archive : lake;
