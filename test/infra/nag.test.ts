/** cdk-nag's AwsSolutions rules and CDK's own check of the template: none is broken. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { stackOf } from './synthesize.ts';

const reportSchema = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      violations: z.array(
        z.object({ ruleName: z.string(), violatingConstructs: z.array(z.object({ constructPath: z.string() })) }),
      ),
    }),
  ),
});

/** What the rules and CDK's own check of the schemas find, as `rule at construct`. */
const findings = (context: Readonly<Record<string, unknown>>): readonly string[] => {
  const { app } = stackOf(context, {}, true);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const exitCode = process.exitCode;
  const { directory } = app.synth();
  // Findings would end the process as failed; here they are to be told by a test.
  process.exitCode = exitCode;
  const file = join(directory, 'validation-report.json');
  if (!existsSync(file)) return [];
  return reportSchema
    .parse(JSON.parse(readFileSync(file, 'utf8')))
    .pluginReports.flatMap(({ violations }) => violations)
    .flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    );
};

it.each([
  {},
  { billingSource: 'stripe:' },
  { archiveLock: 'NONE', removal: 'destroy', opsRecipients: 'ops@example.com' },
])('nothing is found with %o', (context) => expect(findings(context)).toEqual([]), 180_000);
