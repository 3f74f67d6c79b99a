/** Content hashes of input files, remembered so that a file that has not changed need not be read again. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { badRow } from './bad-row.ts';

/** `mtimeNs`, `ctimeNs` and `ino` are decimal text: they do not fit a JSON number. */
export type HashedFile = {
  readonly bytes: number;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly ino: string;
  readonly sha256: string;
};

/** Keyed by the file's name inside its source. Filled by reading; whoever owns it keeps it between runs. */
export type HashMemo = Map<string, HashedFile>;

type Stamp = Omit<HashedFile, 'sha256'>;

const isSame = (a: Stamp, b: Stamp): boolean =>
  a.bytes === b.bytes && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.ino === b.ino;

/**
 * Size and sha256 of a regular file, read as a stream, or from the memo when `trustMemo` and the file's stamp is the
 * remembered one. A link in the last place of the path is not followed.
 */
export const hashFile = async (
  path: string,
  name: string,
  memo: HashMemo,
  trustMemo: boolean,
): Promise<{ bytes: number; sha256: string }> => {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stamp = async (): Promise<Stamp> => {
      const found = await handle.stat({ bigint: true });
      return {
        bytes: Number(found.size),
        mtimeNs: `${found.mtimeNs}`,
        ctimeNs: `${found.ctimeNs}`,
        ino: `${found.ino}`,
      };
    };
    const before = await stamp();
    const known = memo.get(name);
    if (trustMemo && known !== undefined && isSame(known, before)) {
      return { bytes: known.bytes, sha256: known.sha256 };
    }
    const hash = createHash('sha256');
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 })) {
      hash.update(chunk);
    }
    const sha256 = hash.digest('hex');
    if (!isSame(before, await stamp())) {
      throw badRow(`${name} changed while it was being read`, 'Wait until the export has finished, then run again.');
    }
    memo.set(name, { ...before, sha256 });
    return { bytes: before.bytes, sha256 };
  } finally {
    await handle.close();
  }
};
