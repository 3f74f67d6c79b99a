/** DuckDB as a Lambda layer, from the packages that are installed. */
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { usageError } from '../functions/errors.ts';
import type { Settings } from './settings.ts';

const cpus = { x86_64: 'x64', arm64: 'arm64' } as const satisfies Record<Settings['architecture'], string>;

const versionOf = async (folder: string): Promise<string | null> => {
  try {
    const text = await readFile(join(folder, 'package.json'), 'utf8');
    return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

export type LayerProps = {
  /** A node_modules folder. */
  readonly modules: string;
  readonly architecture: Settings['architecture'];
  /** A folder to be made anew. */
  readonly out: string;
};

/** Lays the layer out below `out` as Lambda wants it. Throws a usage error when the processor's binary is not installed. */
export const duckdbLayer = async ({ modules, architecture, out }: LayerProps): Promise<string> => {
  const cpu = cpus[architecture];
  const binary = `@duckdb/node-bindings-linux-${cpu}`;
  const version = await versionOf(join(modules, '@duckdb/node-bindings'));
  const installed = await versionOf(join(modules, binary));
  if (version === null) throw usageError('DuckDB is not installed', 'Run npm ci.');
  if (installed !== version)
    throw usageError(
      `The functions are to run on ${architecture}, and ${binary} ${version} is not installed (found: ${installed ?? 'none'})`,
      `Run: npm install --no-save --os=linux --cpu=${cpu} --libc=glibc ${binary}@${version}`,
    );
  await rm(out, { recursive: true, force: true });
  for (const name of ['@duckdb/node-api', '@duckdb/node-bindings', binary]) {
    const target = join(out, 'nodejs/node_modules', name);
    await mkdir(target, { recursive: true });
    // Types and prose are not needed to run.
    await cp(join(modules, name), target, { recursive: true, filter: (path) => !/\.(d\.ts|md|map)$/.test(path) });
  }
  return out;
};
