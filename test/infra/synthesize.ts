/** The stack, synthesized from stand-in code: what the template says does not depend on what the functions do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { z } from 'zod';
import flags from '../../cdk.json' with { type: 'json' };
import { configSchema } from '../../functions/core/config.ts';
import { ReportingStack } from '../../infra/reporting-stack.ts';
import { parseSettings } from '../../infra/settings.ts';
import { resolver } from './resolve.ts';

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      DeletionPolicy: z.string().optional(),
    }),
  ),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })),
});

/** A resource with every reference in it replaced by the name or ARN that a test account would give it. */
export type Resource = {
  readonly id: string;
  readonly type: string;
  readonly deletionPolicy: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
};

export const testSender = 'report@finance.example.com';

export const stackOf = (
  context: Readonly<Record<string, unknown>> = {},
  configuration: Readonly<Record<string, unknown>> = {},
  validation = false,
) => {
  const outdir = mkdtempSync(join(tmpdir(), 'retention-synth-'));
  const standIn = mkdtempSync(join(tmpdir(), 'retention-code-'));
  writeFileSync(join(standIn, 'index.mjs'), 'export const handler = async () => ({});');
  process.once('exit', () => {
    for (const folder of [outdir, standIn]) rmSync(folder, { recursive: true, force: true });
  });
  const app = new App({
    outdir,
    context: { ...flags.context, 'aws:cdk:disable-stack-trace': true },
    // CDK's own schema check takes most of the time: the test of the rules has it on.
    builtinCloudFormationValidation: validation,
  });
  const stack = new ReportingStack(app, {
    settings: parseSettings(context),
    config: configSchema.parse({ timeZone: 'Europe/Berlin', sender: testSender, ...configuration }),
    code: {
      handler: () => Code.fromAsset(standIn),
      layers: { duckdb: Code.fromAsset(standIn), rendering: Code.fromAsset(standIn) },
    },
  });
  return { app, stack };
};

/** Synthesizes and resolves. Slow: once a file. */
export const synthesize = (
  context: Readonly<Record<string, unknown>> = {},
  configuration: Readonly<Record<string, unknown>> = {},
) => {
  const { Resources, Outputs } = templateSchema.parse(
    Template.fromStack(stackOf(context, configuration).stack).toJSON(),
  );
  const resolve = resolver(new Map(Object.entries(Resources).map(([id, { Type }]) => [id, Type])));
  const resources: readonly Resource[] = Object.entries(Resources).map(
    ([id, { Type, Properties, DeletionPolicy }]) => ({
      id,
      type: Type,
      deletionPolicy: DeletionPolicy,
      properties: z.record(z.string(), z.unknown()).parse(resolve(Properties)),
    }),
  );
  return {
    resources,
    /** Resources of a type, by logical id. */
    all: (type: string, id = '') => resources.filter((one) => one.type === type && one.id.includes(id)),
    /** The one resource of a type whose logical id has `id` in it. */
    one: (type: string, id = ''): Resource => {
      const found = resources.filter((resource) => resource.type === type && resource.id.includes(id));
      if (found.length !== 1) throw new Error(`${found.length} of ${type} ${id}: ${found.map((one) => one.id)}`);
      return found[0]!;
    },
    outputs: new Map(Object.entries(Outputs).map(([name, { Value }]) => [name, resolve(Value)])),
    /** The ARN of a resource, as policies name it. */
    arn: (id: string) => `${resolve({ 'Fn::GetAtt': [id, 'Arn'] })}`,
  };
};

export type Synthesized = ReturnType<typeof synthesize>;
