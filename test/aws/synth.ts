/** Before the suite: the stack is synthesized once, as `npx cdk deploy` would, and every file of the suite deploys that. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { settings } from './installation.ts';
import { run } from './processes.ts';

const root = join(import.meta.dirname, '../..');

declare module 'vitest' {
  interface ProvidedContext {
    /** The cloud assembly. */
    readonly assembly: string;
  }
}

/** CDK as it is installed here, away from what the machine is set up for. */
export const cdk = (args: readonly string[], cwd: string, environment: Readonly<Record<string, string>>) =>
  run(process.execPath, [join(root, 'node_modules/aws-cdk/bin/cdk'), ...args], {
    cwd,
    environment: {
      PATH: `${join(root, 'node_modules/.bin')}:/usr/bin:/bin`,
      HOME: cwd,
      TMPDIR: tmpdir(),
      CDK_DISABLE_VERSION_CHECK: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...environment,
    },
  });

export default async ({ provide }: TestProject) => {
  const folder = await mkdtemp(join(tmpdir(), 'retention-assembly-'));
  const assembly = join(folder, 'cdk.out');
  const config = join(folder, 'retention.config.json');
  await writeFile(config, JSON.stringify(settings.config));
  const context = Object.entries({ ...settings.context, config }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  await cdk(['synth', '--quiet', '--output', assembly, ...context], root, { HOME: folder });
  provide('assembly', assembly);
  return () => rm(folder, { recursive: true, force: true });
};
