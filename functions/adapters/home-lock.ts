/** One run at a time in a home. The lock is the operating system's: it goes when its process goes, however that ends. */
import { existsSync } from 'node:fs';
import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { dependencyError } from '../errors.ts';

/** Takes the lock of `home` and resolves with what frees it. Throws `BUSY` while another run has it. */
export const lockHome = async (home: string): Promise<() => void> => {
  await mkdir(home, { recursive: true }).catch((error: unknown) => {
    throw dependencyError(
      'DISK',
      `${home} cannot be made`,
      'Choose another folder with --home, or check its rights.',
      error,
    );
  });
  const path = join(home, '.lock');
  try {
    if (!existsSync(path)) await makeLock(home, path);
    // A DuckDB database file is open to one writer; node itself offers no such lock.
    const database = await DuckDBInstance.create(path);
    return () => database.closeSync();
  } catch (error) {
    if (error instanceof Error && /could not set lock|conflicting lock/i.test(error.message))
      throw dependencyError(
        'BUSY',
        `another run is at work in ${home}`,
        'Wait until it has ended, or use another --home.',
        error,
      );
    throw dependencyError(
      'DISK',
      `${home} cannot be written`,
      'Choose another folder with --home, or check its rights and space.',
      error,
    );
  }
};

/** Made whole beside its place and then linked: a run killed half way through must not leave a home that none can open. */
const makeLock = async (home: string, path: string): Promise<void> => {
  const made = join(home, `.run-lock-${process.pid}`);
  try {
    await rm(made, { force: true });
    (await DuckDBInstance.create(made)).closeSync();
    await link(made, path);
  } catch (error) {
    // Another run may have made it first, and swept this one up.
    if (!existsSync(path)) throw error;
  } finally {
    await rm(made, { force: true });
  }
};
