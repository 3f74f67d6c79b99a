/** Objects as plain files below one folder: what runs on a laptop behaves as the bucket does. */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { copyFile, link, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { dependencyError } from '../errors.ts';
import type { ObjectStore, PutCondition, StoredObject } from '../ports.ts';

/** Unfinished writes live here, on the same file system as the keys, and are no key themselves. */
const unfinished = '.tmp';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const isPart = (part: string): boolean => part !== '' && part !== '.' && part !== '..';

const isKey = (key: string): boolean =>
  key.isWellFormed() && !/[\\\0]/.test(key) && key.split('/').every(isPart) && key.split('/')[0] !== unfinished;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const isAbsence = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error));

const hintOf = (code: string, root: string): string => {
  if (code === 'ENOSPC' || code === 'EDQUOT') return `Free space on the disk that holds ${root}, then run again.`;
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    return `Give this user read and write access to ${root}, on a file system that has hard links.`;
  }
  if (['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY'].includes(code)) {
    return 'In a folder a key cannot be both an object and the beginning of another: rename one of them.';
  }
  if (code === 'ENAMETOOLONG') return 'Use shorter names: most file systems take 255 bytes a part.';
  if (code === 'EMFILE' || code === 'ENFILE') return 'Raise the limit of open files (ulimit -n), then run again.';
  return `Check the disk that holds ${root}.`;
};

const syncFile = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Makes the names in a folder outlive a power cut. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform !== 'win32') await syncFile(folder); // there a folder cannot be opened
};

/** Makes a folder so that a crash cannot lose it: each folder that gained an entry is synced. */
const makeFolder = async (folder: string): Promise<void> => {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
};

/** What killed processes left behind. The name of an unfinished write begins with the process that makes it. */
const sweep = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    const pid = /^put-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(parseInt(pid, 10))) await rm(join(folder, name), { force: true });
  }
};

/** Depth first, in code unit order of the whole key: a folder sorts as its name and the slash that follows it. */
async function* keysBelow(root: string, folder: string, prefix: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
    if (isAbsence(error)) return [];
    throw error;
  });
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .filter((path) => isKey(path.replace(/\/$/, '')))
    .filter((path) => path.startsWith(prefix) || (path.endsWith('/') && prefix.startsWith(path)))
    .sort((a, b) => (a < b ? -1 : 1));
  for (const path of paths) {
    if (path.endsWith('/')) yield* keysBelow(root, path, prefix);
    else yield path;
  }
}

/**
 * An ObjectStore in a folder, which is made at the first write. The etag is the sha256 of the bytes.
 *
 * `ifAbsent` is safe between processes: the file system decides who links first. `ifMatch` compares and then renames,
 * which is safe within a process only; between processes the caller's lock on the whole home keeps writers single.
 * A key cannot be both an object and the beginning of another (`a` and `a/b`), and `.tmp` is no first part of a key.
 */
export const folderObjectStore = (folder: string): ObjectStore => {
  if (folder === '') throw new RangeError('the folder of an object store needs a name');
  const root = resolve(folder);
  const scratch = join(root, unfinished);
  let ready: Promise<void> | undefined;

  const pathOf = (key: string): string => {
    if (!isKey(key)) throw new RangeError(`${JSON.stringify(key)} is no object key`);
    return join(root, ...key.split('/'));
  };

  const onDisk = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      if (code === '') throw error;
      throw dependencyError('DISK', `Could not ${what} in ${root}: ${code}`, hintOf(code, root), error);
    }
  };

  const prepare = (): Promise<void> => {
    ready ??= makeFolder(scratch)
      .then(() => sweep(scratch))
      .catch((error: unknown) => {
        ready = undefined; // the next write may find the disk in better health
        throw error;
      });
    return ready;
  };

  /** Hands a fresh temporary path to `work` and removes what `work` leaves there. */
  const withTemporary = async <T>(work: (temporary: string) => Promise<T>): Promise<T> => {
    await prepare();
    const temporary = join(scratch, `put-${process.pid}-${randomUUID()}`);
    try {
      return await work(temporary);
    } finally {
      await rm(temporary, { force: true });
    }
  };

  /** Gives a finished file its key. False when the condition does not hold. */
  const publish = async (temporary: string, path: string, condition?: PutCondition): Promise<boolean> => {
    await makeFolder(dirname(path));
    if (condition === undefined) await rename(temporary, path);
    else if ('ifAbsent' in condition) {
      try {
        await link(temporary, path);
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      }
    } else {
      // In one turn of the event loop, so that of two puts in this process only one can match.
      try {
        if (sha256(readFileSync(path)) !== condition.ifMatch) return false;
      } catch (error) {
        if (isAbsence(error)) return false;
        throw error;
      }
      renameSync(temporary, path);
    }
    await syncFolder(dirname(path));
    return true;
  };

  const get = async (key: string): Promise<StoredObject | null> => {
    const path = pathOf(key);
    return onDisk(`read ${key}`, async () => {
      try {
        const bytes = await readFile(path);
        return { bytes, etag: sha256(bytes) };
      } catch (error) {
        if (isAbsence(error)) return null;
        throw error;
      }
    });
  };

  const put = async (key: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | null> => {
    const path = pathOf(key);
    return onDisk(`write ${key}`, () =>
      withTemporary(async (temporary) => {
        const handle = await open(temporary, 'wx');
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        return (await publish(temporary, path, condition)) ? sha256(bytes) : null;
      }),
    );
  };

  const putFile = async (key: string, source: string): Promise<void> => {
    const path = pathOf(key);
    await onDisk(`move a file to ${key}`, async () => {
      if (!(await lstat(source)).isFile()) throw new RangeError(`${source} is not a regular file`);
      await syncFile(source);
      await makeFolder(dirname(path));
      try {
        await rename(source, path);
      } catch (error) {
        if (codeOf(error) !== 'EXDEV') throw error;
        await withTemporary(async (temporary) => {
          await copyFile(source, temporary); // from another disk
          await syncFile(temporary);
          await rename(temporary, path);
        });
        await rm(source);
      }
      await syncFolder(dirname(path));
    });
  };

  const localFile = async (key: string): Promise<string | null> => {
    const path = pathOf(key);
    return onDisk(`find ${key}`, async () => {
      try {
        return (await lstat(path)).isFile() ? path : null;
      } catch (error) {
        if (isAbsence(error)) return null;
        throw error;
      }
    });
  };

  async function* list(prefix: string): AsyncGenerator<string> {
    if (!isKey(`${prefix}x`)) {
      throw new RangeError(`${JSON.stringify(prefix)} is no prefix of object keys`);
    }
    const keys = keysBelow(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
    while (true) {
      const next = await onDisk(`list ${prefix}`, () => keys.next());
      if (next.done === true) return;
      yield next.value;
    }
  }

  return { get, put, putFile, localFile, list };
};
