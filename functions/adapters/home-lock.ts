/** One run at a time in a home. The lock is the operating system's: it goes when its process goes, however that ends. */
import { mkdir } from 'node:fs/promises';
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
    // A DuckDB database file is open to one writer; node itself offers no such lock.
    const database = await DuckDBInstance.create(path);
    return () => database.closeSync();
  } catch (error) {
    if (error instanceof Error && /lock/i.test(error.message))
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
