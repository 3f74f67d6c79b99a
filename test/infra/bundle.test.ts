/** The code that is deployed: one bundle a function that finds what it reads, and what has binaries in layers. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../functions/core/config.ts';
import { type Bundle, bundleHandlers } from '../../infra/bundle.ts';
import { type HandlerName, handlerNames } from '../../infra/handler-names.ts';
import { nativeLayer } from '../../infra/native-layer.ts';

const root = join(import.meta.dirname, '../..');
const modules = join(root, 'node_modules');
const config = configSchema.parse({ timeZone: 'Europe/Berlin' });
// The layer is for Linux; it can be tried where it would run.
const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
const onLinux = it.skipIf(process.platform !== 'linux');
const megabyte = 1_000_000;

let folder = '';
let bundles: Readonly<Record<HandlerName, Bundle>>;
const entry = (name: HandlerName) => join(bundles[name].path, 'functions/queries/index.mjs');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retention-bundle-'));
  bundles = await bundleHandlers({ root, handlers: 'functions/handlers', config, out: join(folder, 'bundles') });
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a module in a process that finds packages only where a Lambda would: in its layers. */
const runs = async (script: string, layer?: string): Promise<string> => {
  const path = layer === undefined ? {} : { NODE_PATH: join(layer, 'nodejs/node_modules') };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', ...path },
  });
  return stdout.trim();
};
const exportsOf = (name: HandlerName) =>
  `console.log(Object.keys(await import(${JSON.stringify(entry(name))})).join())`;

describe('the bundles', () => {
  it.each(handlerNames)('%s is small', (name) => expect(bundles[name].bytes).toBeLessThan(8 * megabyte));

  it.each(handlerNames.filter((name) => name !== 'ingest' && name !== 'archive'))(
    '%s loads without a package and without the layer',
    async (name) => expect(await runs(exportsOf(name))).toBe('handler'),
  );

  onLinux.each(['ingest', 'archive'] as const)('%s loads with the layer', async (name) => {
    const layer = await nativeLayer('duckdb', { root, architecture, out: join(folder, `layer-${name}`) });
    expect(await runs(exportsOf(name), layer)).toBe('handler');
  });

  it('carry the queries beside the module, and the configuration they were deployed with', async () => {
    const { path } = bundles.measure;
    expect(await readFile(join(path, 'functions/queries/book.sql'))).toEqual(
      await readFile(join(root, 'functions/queries/book.sql')),
    );
    expect(JSON.parse(await readFile(join(path, 'retention.config.json'), 'utf8'))).toEqual(config);
  });

  it('carry no TypeScript', async () => {
    const files = await readdir(bundles.archive.path, { recursive: true });
    expect(files.filter((file) => file.endsWith('.ts'))).toEqual([]);
  });
});

describe('a bundle of our own', () => {
  const own = async (source: string, names: readonly HandlerName[] = handlerNames) => {
    const place = await mkdtemp(join(folder, 'own-'));
    for (const shared of ['functions', 'templates', 'package.json'])
      await cp(join(root, shared), join(place, shared), { recursive: true });
    await symlink(modules, join(place, 'node_modules'));
    await mkdir(join(place, 'functions/stand-ins'));
    for (const name of names) await writeFile(join(place, 'functions/stand-ins', `${name}.ts`), source);
    return place;
  };

  it('finds queries and templates where the code looks for them', async () => {
    const place = await own(`
      import { queryText } from '../queries/sql.ts';
      import { fillMail } from '../render/templates.ts';
      export const handler = async () => {
        try { fillMail({} as never); } catch (error) { return [queryText('book').length > 0, String(error)]; }
      };`);
    const made = await bundleHandlers({
      root: place,
      handlers: 'functions/stand-ins',
      config,
      out: join(place, 'out'),
    });
    const path = join(made.starter.path, 'functions/queries/index.mjs');
    const said = await runs(`console.log(JSON.stringify(await (await import(${JSON.stringify(path)})).handler()))`);
    // The template was found, filled, and refuses a view that lacks its values.
    expect(said).toMatch(/^\[true,".*not defined/);
  });

  it('is the same, byte by byte, wherever it is made', async () => {
    const place = await own("import { codeVersion } from '../version.ts'; export const handler = () => codeVersion;");
    const make = async (out: string) => {
      const made = await bundleHandlers({
        root: place,
        handlers: 'functions/stand-ins',
        config,
        out: join(place, out),
      });
      return readFile(join(made.watch.path, 'functions/queries/index.mjs'), 'utf8');
    };
    const once = await make('once');
    expect(await make('elsewhere/again')).toBe(once);
    expect(once).not.toContain(place);
  });

  it('names the functions that are not there', async () => {
    const place = await own('export const handler = 0;', ['starter']);
    await expect(
      bundleHandlers({ root: place, handlers: 'functions/stand-ins', config, out: join(place, 'out') }),
    ).rejects.toThrow('validate.ts, ingest.ts');
  });
});

describe('a layer', () => {
  onLinux('of DuckDB runs it', async () => {
    const layer = await nativeLayer('duckdb', { root, architecture, out: join(folder, 'layer') });
    const script = `
      import { createRequire } from 'node:module';
      const { DuckDBInstance } = createRequire('/var/task/x.mjs')('@duckdb/node-api');
      const connection = await (await DuckDBInstance.create()).connect();
      console.log((await connection.runAndReadAll('SELECT 6 * 7')).getRowsJson());`;
    expect(await runs(script, layer)).toContain('42');
  });

  onLinux('of what renders draws and sets type', async () => {
    const layer = await nativeLayer('rendering', { root, architecture, out: join(folder, 'rendering') });
    const script = `
      import { createRequire } from 'node:module';
      const require = createRequire('/var/task/x.mjs');
      const { Resvg } = require('@resvg/resvg-js');
      const { NodeCompiler } = require('@myriaddreamin/typst-ts-node-compiler');
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"><rect width="3" height="2"/></svg>';
      const compiler = NodeCompiler.create({ workspace: '.' });
      console.log(new Resvg(svg).render().width, compiler.pdf({ mainFileContent: 'x' }).subarray(0, 5).toString());`;
    expect(await runs(script, layer)).toBe('3 %PDF-');
  });

  describe('of another processor', () => {
    /** A repository with the packages that choose a binary, and none of the binaries. */
    const bareRoot = async (): Promise<string> => {
      const bare = await mkdtemp(join(folder, 'bare-'));
      await installed(join(bare, 'node_modules'), '@duckdb/node-bindings', '@duckdb/node-api');
      await installed(join(bare, 'node_modules'), '@resvg/resvg-js', '@myriaddreamin/typst-ts-node-compiler');
      return bare;
    };
    const installed = async (modules: string, ...names: string[]) => {
      for (const name of names) {
        await mkdir(join(modules, name), { recursive: true });
        await writeFile(join(modules, name, 'package.json'), '{"version":"1.2.3"}');
      }
    };

    it('says in one command how to get all binaries', async () => {
      const bare = await bareRoot();
      await expect(
        nativeLayer('duckdb', { root: bare, architecture: 'arm64', out: join(bare, 'out') }),
      ).rejects.toMatchObject({
        message: expect.stringContaining('@duckdb/node-bindings-linux-arm64 1.2.3 is not installed'),
        hint: 'Run: npm install --prefix .modules-arm64 --no-save --os=linux --cpu=arm64 --libc=glibc @duckdb/node-bindings@1.2.3 @resvg/resvg-js@1.2.3 @myriaddreamin/typst-ts-node-compiler@1.2.3',
      });
    });

    it('takes them from where that command puts them, of the same version alone', async () => {
      const bare = await bareRoot();
      const layer = () => nativeLayer('duckdb', { root: bare, architecture: 'arm64', out: join(bare, 'out') });
      const binary = '@duckdb/node-bindings-linux-arm64';
      await installed(join(bare, '.modules-arm64/node_modules'), binary);
      expect((await readdir(join(await layer(), 'nodejs/node_modules/@duckdb'))).sort()).toEqual([
        'node-api',
        'node-bindings',
        'node-bindings-linux-arm64',
      ]);
      await writeFile(join(bare, '.modules-arm64/node_modules', binary, 'package.json'), '{"version":"1.2.2"}');
      await expect(layer()).rejects.toThrow('is not installed');
    });
  });
});
