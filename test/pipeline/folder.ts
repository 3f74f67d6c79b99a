/** A test's own folder: a source, a home, runs in this process, and the hash of everything that is there. */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLocalWorld } from '../../functions/compose-local.ts';
import { openSnapshots } from '../../functions/compose-sources.ts';
import { parseConfig } from '../../functions/config-file.ts';
import { parseMonth } from '../../functions/core/month.ts';
import { type Report, reportSchema } from '../../functions/core/report.ts';
import { type RunOutcome, runMonth, type World } from '../../functions/pipeline.ts';
import { bookFiles, type Files, writeFiles } from './book.ts';

export const cfo = 'cfo@example.com';

export type RunSettings = {
  readonly month?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly to?: readonly string[];
  readonly email?: boolean;
  readonly resend?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Puts something of its own between the run and the world. */
  readonly wrap?: (world: World) => World;
};

/** Every file below a folder, hidden ones included, with the sha256 of its bytes. */
export const treeOf = async (dir: string): Promise<Record<string, string>> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashed = files.sort().map(async (path) => [
    path.slice(dir.length + 1),
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  ]);
  return Object.fromEntries(await Promise.all(hashed));
};

export type Folder = {
  readonly home: string;
  readonly source: string;
  write(files: Readonly<Files>): Promise<void>;
  run(settings?: RunSettings): Promise<RunOutcome>;
  tree(below?: string): Promise<Record<string, string>>;
  report(revision: number, month?: string): Promise<Report>;
  text(path: string): Promise<string>;
  /** Another folder that begins where this one stands. */
  copy(): Promise<Folder>;
  dispose(): Promise<void>;
};

const folderAt = (root: string): Folder => {
  const [home, source] = [join(root, 'home'), join(root, 'source')];
  const folder: Folder = {
    home,
    source,
    write: (files) => writeFiles(source, files),
    run: ({ month = '2026-10', config = {}, to = [cfo], email = true, resend = false, environment = {}, wrap } = {}) =>
      withLocalWorld(
        {
          home,
          dryRun: false,
          environment: { SOURCE_DATE_EPOCH: '1793600000', ...environment },
          progress: () => {},
          note: () => {},
        },
        async (world) => {
          const snapshots = await openSnapshots(source, world.store);
          const mail = email ? { recipients: to, resend } : null;
          const settings = parseConfig(config, 'the configuration');
          const outcome = await runMonth(parseMonth(month), snapshots.source, settings, mail, wrap?.(world) ?? world);
          await snapshots.remember();
          return outcome;
        },
      ),
    tree: (below = '.') => treeOf(join(home, below)),
    report: async (revision, month = '2026-10') =>
      reportSchema.parse(JSON.parse(await folder.text(`archive/month=${month}/revision=${revision}/report.json`))),
    text: (path) => readFile(join(home, path), 'utf8'),
    async copy() {
      const next = await mkdtemp(join(tmpdir(), 'pipeline-'));
      await cp(root, next, { recursive: true, preserveTimestamps: true });
      return folderAt(next);
    },
    dispose: () => rm(root, { recursive: true, force: true }),
  };
  return folder;
};

/** A folder with a book as its source. */
export const openFolder = async (files: Readonly<Files> = bookFiles()): Promise<Folder> => {
  const folder = folderAt(await mkdtemp(join(tmpdir(), 'pipeline-')));
  await folder.write(files);
  return folder;
};
