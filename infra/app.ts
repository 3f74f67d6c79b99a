/** Makes the stack from the CDK context; `npx cdk deploy` runs it. Needs no network and no account to synthesize. */
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readConfig } from '../functions/config-file.ts';
import { ReportError } from '../functions/errors.ts';
import { bundleHandlers } from './bundle.ts';
import { type LayerName, nativeLayer } from './native-layer.ts';
import { ReportingStack } from './reporting-stack.ts';
import { readSettings } from './settings.ts';

const root = join(import.meta.dirname, '..');

const make = async (): Promise<void> => {
  const app = new App();
  // Beside the assembly, so that two that are made at once do not meet.
  const staged = join(app.outdir, 'staged');
  const settings = readSettings(app.node);
  const config = await readConfig(settings.config);
  const bundles = await bundleHandlers({
    root,
    handlers: 'functions/handlers',
    config,
    out: join(staged, 'functions'),
  });
  const layer = async (name: LayerName) =>
    Code.fromAsset(
      await nativeLayer(name, {
        root,
        architecture: settings.architecture,
        out: join(staged, `${name}-layer`),
      }),
    );
  const layers = { duckdb: await layer('duckdb'), rendering: await layer('rendering') };
  new ReportingStack(app, {
    settings,
    config,
    code: { handler: (name) => Code.fromAsset(bundles[name].path), layers },
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
};

try {
  await make();
} catch (error) {
  if (!(error instanceof ReportError)) throw error;
  process.stderr.write(`${error.message}\n${error.hint}\n`);
  process.exitCode = 2;
}
