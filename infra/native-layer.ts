/** Packages with binaries as Lambda layers, from those that are installed: a bundle cannot carry them. */
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { usageError } from '../functions/errors.ts';
import type { Settings } from './settings.ts';

const cpus = { x86_64: 'x64', arm64: 'arm64' } as const satisfies Record<Settings['architecture'], string>;

type Cpu = (typeof cpus)[Settings['architecture']];

/** A package with the name of its binary's package for a processor, and what else it needs. */
type Native = { readonly name: string; readonly binary: (cpu: Cpu) => string; readonly beside?: readonly string[] };

const layers = {
  duckdb: [
    {
      name: '@duckdb/node-bindings',
      binary: (cpu) => `@duckdb/node-bindings-linux-${cpu}`,
      beside: ['@duckdb/node-api'],
    },
  ],
  rendering: [
    { name: '@resvg/resvg-js', binary: (cpu) => `@resvg/resvg-js-linux-${cpu}-gnu` },
    {
      name: '@myriaddreamin/typst-ts-node-compiler',
      binary: (cpu) => `@myriaddreamin/typst-ts-node-compiler-linux-${cpu}-gnu`,
    },
  ],
} as const satisfies Record<string, readonly Native[]>;

export type LayerName = keyof typeof layers;

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
  /** A repository that is installed: its node_modules, and beside them what is installed for another processor. */
  readonly root: string;
  readonly architecture: Settings['architecture'];
  /** A folder to be made anew. */
  readonly out: string;
};

/** Where packages for another processor than this one's are installed: npm puts none of them into node_modules. */
const foreignFolder = (cpu: Cpu): string => `.modules-${cpu}`;

/** How all packages with binaries are brought here for a processor: by those that choose one, which npm allows. */
const installCommand = async (cpu: Cpu, modules: string): Promise<string> => {
  const natives: readonly Native[] = Object.values(layers).flat();
  const wanted = await Promise.all(
    natives.map(async ({ name }) => `${name}@${(await versionOf(join(modules, name))) ?? 'latest'}`),
  );
  return `npm install --prefix ${foreignFolder(cpu)} --no-save --os=linux --cpu=${cpu} --libc=glibc ${wanted.join(' ')}`;
};

/** The folders of the packages of a layer by their names. Throws a usage error when the processor's binary is not installed. */
const packagesOf = async (native: Native, { root, architecture }: LayerProps): Promise<[string, string][]> => {
  const cpu = cpus[architecture];
  const modules = join(root, 'node_modules');
  const binary = native.binary(cpu);
  const version = await versionOf(join(modules, native.name));
  if (version === null) throw usageError(`${native.name} is not installed`, 'Run npm ci.');
  for (const place of [modules, join(root, foreignFolder(cpu), 'node_modules')]) {
    if ((await versionOf(join(place, binary))) !== version) continue;
    const own = [native.name, ...(native.beside ?? [])].map((name): [string, string] => [name, join(modules, name)]);
    return [...own, [binary, join(place, binary)]];
  }
  throw usageError(
    `The functions are to run on ${architecture}, and ${binary} ${version} is not installed`,
    `Run: ${await installCommand(cpu, modules)}`,
  );
};

/** Lays a layer out below `out` as Lambda wants it. Throws a usage error when something of it is not installed. */
export const nativeLayer = async (layer: LayerName, props: LayerProps): Promise<string> => {
  const { out } = props;
  const natives: readonly Native[] = layers[layer];
  const packages = (await Promise.all(natives.map((native) => packagesOf(native, props)))).flat();
  await rm(out, { recursive: true, force: true });
  for (const [name, folder] of packages) {
    const target = join(out, 'nodejs/node_modules', name);
    await mkdir(target, { recursive: true });
    // Types and prose are not needed to run.
    await cp(folder, target, { recursive: true, filter: (path) => !/\.(d\.ts|md|map)$/.test(path) });
  }
  return out;
};
