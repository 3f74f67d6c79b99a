/** A folder of snapshots as the doctor sees it, in a world that keeps nothing. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { withLocalWorld } from '../../functions/compose-local.ts';
import { openSnapshots } from '../../functions/compose-sources.ts';
import { parseConfig } from '../../functions/config-file.ts';
import { parseMonth } from '../../functions/core/month.ts';
import type { Check } from '../../functions/doctor/check.ts';
import { examineFolder } from '../../functions/doctor/doctor.ts';
import { type Files, writeFiles } from '../pipeline/book.ts';

export type Settings = { readonly month?: string; readonly config?: Readonly<Record<string, unknown>> };

/** The diagnosis of a folder with these files, written below `root`. */
export const lookAt = async (root: string, files: Readonly<Files>, { month, config = {} }: Settings = {}) => {
  await writeFiles(join(root, 'billing'), files);
  const options = { home: join(root, 'home'), dryRun: true, environment: {}, progress: () => {}, note: () => {} };
  return withLocalWorld(options, async (world) => {
    const found = await openSnapshots(join(root, 'billing'), world.store);
    return examineFolder(found, {
      month: month === undefined ? null : parseMonth(month),
      config: parseConfig(config, 'test'),
      looked: world,
      ratesFile: (at) => `billing/${at}/fx.csv`,
    });
  });
};

/** The one check of a name. */
export const named = (checks: readonly Check[], name: string): Check => {
  const found = checks.filter((check) => check.name === name);
  expect(found.map((check) => check.name)).toEqual([name]);
  return found[0]!;
};
