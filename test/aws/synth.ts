/** The stack is synthesized as `npx cdk deploy` would: once before the suite, for all of its files that want no other. */
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

/** The installation with further settings: its assembly, and what removes it. */
export const synthesized = async (further: Readonly<Record<string, string>> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'retention-assembly-'));
  const assembly = join(folder, 'cdk.out');
  const config = join(folder, 'retention.config.json');
  await writeFile(config, JSON.stringify(settings.config));
  const context = Object.entries({ ...settings.context, ...further, config }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  await cdk(['synth', '--quiet', '--output', assembly, ...context], root, { HOME: folder });
  return { assembly, dispose: () => rm(folder, { recursive: true, force: true }) };
};

export default async ({ provide }: TestProject) => {
  const { assembly, dispose } = await synthesized();
  provide('assembly', assembly);
  return dispose;
};
