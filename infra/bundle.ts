/** One ESM bundle a function, with what it reads around it as in the repository: queries, templates, configuration. */
import { existsSync } from 'node:fs';
import { cp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { configFileName } from '../functions/config-file.ts';
import type { Config } from '../functions/core/config.ts';
import { usageError } from '../functions/errors.ts';
import { type HandlerName, handlerNames } from './handler-names.ts';

export type BundleProps = {
  /** The repository. */
  readonly root: string;
  /** Where the handlers are, below the root. */
  readonly handlers: string;
  readonly config: Config;
  /** A folder to be made anew. */
  readonly out: string;
};

export type Bundle = { readonly path: string; readonly bytes: number };

// CommonJS packages inside the bundle want a `require`.
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Leaves what has binaries to the layers, by `require`: layers are on NODE_PATH, which `require` follows everywhere and
 * `import` only where a runtime adds it. A function that does not use them does not load them, and needs no layer.
 */
const fromLayer: Plugin = {
  name: 'from-layer',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^@(duckdb|resvg|myriaddreamin)\// }, ({ path, namespace }) =>
      namespace === 'layer' ? { path, external: true } : { path, namespace: 'layer', sideEffects: false },
    );
    onLoad({ filter: /.*/, namespace: 'layer' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/** Bundles every handler; the same sources give the same bytes. Throws a usage error when a handler is not there. */
export const bundleHandlers = async (props: BundleProps): Promise<Readonly<Record<HandlerName, Bundle>>> => {
  const { root, out } = props;
  const source = (name: HandlerName) => join(root, props.handlers, `${name}.ts`);
  const absent = handlerNames.filter((name) => !existsSync(source(name)));
  if (absent.length > 0)
    throw usageError(
      `${props.handlers} has no ${absent.map((name) => `${name}.ts`).join(', ')}`,
      'Check the working copy out whole: every function of the stack is bundled from there.',
    );
  await rm(out, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: handlerNames.map((name) => ({ in: source(name), out: `${name}/functions/queries/index` })),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    banner: { js: banner },
    plugins: [fromLayer],
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
  });
  const bundles = await Promise.all(
    handlerNames.map(async (name) => {
      const path = join(out, name);
      await cp(join(root, 'functions/queries'), join(path, 'functions/queries'), {
        recursive: true,
        filter: (file) => !file.endsWith('.ts'),
      });
      await cp(join(root, 'templates'), join(path, 'templates'), {
        recursive: true,
        filter: (file) => !/\.(ts|mjml)$/.test(file),
      });
      await writeFile(join(path, configFileName), `${JSON.stringify(props.config, null, 2)}\n`);
      const { size } = await stat(join(path, 'functions/queries/index.mjs'));
      return [name, { path, bytes: size }] as const;
    }),
  );
  return Object.fromEntries(bundles) as Record<HandlerName, Bundle>;
};
