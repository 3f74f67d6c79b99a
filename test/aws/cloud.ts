/** A whole AWS with the stack deployed into it: emulator, proxy before it, Athena beside it. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AthenaClient, GetWorkGroupCommand, StopQueryExecutionCommand } from '@aws-sdk/client-athena';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { PutObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { type HandlerName, handlerNames } from '../../infra/handler-names.ts';
import { account, type Emulator, region, rootCredentials, startEmulator } from './emulator.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { settings } from './installation.ts';
import { freePort, start, until } from './processes.ts';
import { cdk } from './synth.ts';

const outputsSchema = z.object({
  InboxBucket: z.string(),
  LakeBucket: z.string(),
  ArchiveBucket: z.string(),
  ResultsBucket: z.string(),
  StarterFunction: z.string(),
  StateMachineArn: z.string(),
  GlueDatabase: z.string(),
  AthenaWorkgroup: z.string(),
  OpsTopicArn: z.string(),
  BillingSource: z.string().optional(),
  BillingSecretArn: z.string().optional(),
});

export type Cloud = {
  readonly outputs: z.infer<typeof outputsSchema>;
  readonly emulator: Emulator;
  readonly proxy: FaultProxy;
  readonly athena: Athena;
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  readonly machine: SFNClient;
  /** What the stack's functions are called. */
  readonly functionNames: ReadonlyMap<HandlerName, string>;
  /** Which function signed a call. */
  caller(call: { readonly accessKey: string }): HandlerName | null;
  /** For programs that act as whoever operates the stack. */
  readonly environment: Readonly<Record<string, string>>;
  /** How long deploying took. */
  readonly seconds: Readonly<Record<'boot' | 'bootstrap' | 'deploy', number>>;
  close(): Promise<void>;
};

const fakeAthena = join(import.meta.dirname, 'fake-athena.ts');

const executionsSchema = z.object({
  executions: z.array(
    z.object({
      id: z.string(),
      sql: z.string(),
      state: z.string(),
      reason: z.string().nullable(),
      bytesScanned: z.number(),
      starts: z.int(),
    }),
  ),
});

export type Athena = {
  /** Sets where results go, or what goes wrong from now on; the fake's own page tells the words. */
  tell(words: Readonly<Record<string, unknown>>): Promise<void>;
  /** Ends an execution, as somebody may in the console. */
  stop(id: string): Promise<void>;
  /** Every execution so far, oldest first. */
  executions(): Promise<z.infer<typeof executionsSchema>['executions']>;
  log(): string;
};

/** Athena's wire protocol with DuckDB behind it: the emulator's own Athena knows no UNLOAD, no tokens and no NULL. */
const startAthena = async (home: string, port: number, aws: string) => {
  const endpoint = `http://127.0.0.1:${port}`;
  const program = start(
    process.execPath,
    [fakeAthena, '--port', `${port}`, '--region', region, '--s3-endpoint', aws, '--glue-endpoint', aws],
    {
      cwd: home,
      environment: {
        PATH: '/usr/bin:/bin',
        HOME: home,
        TMPDIR: home,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: rootCredentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: rootCredentials.secretAccessKey,
      },
    },
  );
  const ask = async (body: Readonly<Record<string, unknown>> | null): Promise<unknown> => {
    const told = body === null ? {} : { method: 'POST', body: JSON.stringify(body) };
    return (await fetch(`${endpoint}/_fake`, told)).json();
  };
  const ready = async () => {
    if (program.child.exitCode !== null) throw new Error(`Athena stopped:\n${program.log()}`);
    return ask(null).then(
      () => true,
      () => null,
    );
  };
  await until('Athena', ready, { told: program.log });
  const client = new AthenaClient({ endpoint, region, credentials: rootCredentials });
  const athena: Athena = {
    tell: async (words) => void (await ask(words)),
    stop: async (id) => void (await client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }))),
    executions: async () => executionsSchema.parse(await ask(null)).executions,
    log: program.log,
  };
  return { athena, stop: program.stop };
};

/** The access key that the emulator gives to a function, once it checks rights. */
const accessKeyOf = (functionArn: string, roleArn: string): string =>
  `ASIA${createHash('sha256').update(`${functionArn}:${roleArn}`).digest('hex').slice(0, 16).toUpperCase()}`;

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z
        .object({
          ObjectLockConfiguration: z
            .object({
              Rule: z.object({
                DefaultRetention: z.object({ Mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), Days: z.coerce.number() }),
              }),
            })
            .optional(),
        })
        .optional(),
    }),
  ),
});

/** MiniStack's CloudFormation leaves Object Lock out: it is set as the template says. */
const lockAsDeployed = async (assembly: string, archive: string, s3: S3Client): Promise<void> => {
  const name = (await readdir(assembly)).find((file) => file.endsWith('.template.json')) ?? '';
  const template = templateSchema.parse(JSON.parse(await readFile(join(assembly, name), 'utf8')));
  const locks = Object.values(template.Resources).flatMap(
    ({ Properties }) => Properties?.ObjectLockConfiguration ?? [],
  );
  const [lock] = locks;
  if (lock === undefined || locks.length > 1) throw new Error('the template should lock one bucket, the archive');
  await s3.send(
    new PutObjectLockConfigurationCommand({
      Bucket: archive,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: lock.Rule },
    }),
  );
};

/** A stack that pulls from no billing system has no function for it. */
const namesOf = (functions: readonly string[], pulls: boolean): ReadonlyMap<HandlerName, string> =>
  new Map(
    handlerNames
      .filter((name) => pulls || name !== 'pull')
      .map((name) => {
        const found = functions.filter((physical) => new RegExp(`-Functions${name}[0-9A-F]{8}`, 'i').test(physical));
        const [one] = found;
        if (one === undefined || found.length > 1)
          throw new Error(`${found.length} functions for ${name}, among ${functions.join(', ')}`);
        return [name, one];
      }),
  );

/** Everything from nothing to a deployed stack, and back. */
export const openCloud = async (assembly: string): Promise<Cloud> => {
  const home = await mkdtemp(join(tmpdir(), 'retention-aws-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closing.toReversed()) await end();
  };
  try {
    const began = performance.now();
    const proxy = await startFaultProxy();
    closing.push(proxy.close);
    const athenaPort = await freePort();
    const emulator = await startEmulator({
      home,
      functionsEndpoint: proxy.endpoint,
      athenaEndpoint: `http://127.0.0.1:${athenaPort}`,
    });
    closing.push(emulator.stop);
    proxy.target(emulator.endpoint);
    const { athena, stop: stopAthena } = await startAthena(home, athenaPort, emulator.endpoint);
    closing.push(stopAthena);
    const booted = performance.now();

    const environment = {
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: rootCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootCredentials.secretAccessKey,
    };
    await cdk(['bootstrap', `aws://${account}/${region}`], home, environment);
    const bootstrapped = performance.now();
    await cdk(['deploy', '--app', assembly, '--require-approval', 'never', '--progress', 'events'], home, environment);
    const deployed = performance.now();

    const client = { endpoint: emulator.endpoint, region, credentials: rootCredentials };
    const s3 = new S3Client({ ...client, forcePathStyle: true });
    const lambda = new LambdaClient({ ...client, maxAttempts: 1 });
    const machine = new SFNClient(client);
    const stacks = await new CloudFormationClient(client).send(
      new DescribeStacksCommand({ StackName: settings.stackName }),
    );
    const outputs = outputsSchema.parse(
      Object.fromEntries(stacks.Stacks?.[0]?.Outputs?.map((output) => [output.OutputKey, output.OutputValue]) ?? []),
    );
    await lockAsDeployed(assembly, outputs.ArchiveBucket, s3);
    const { WorkGroup: workgroup } = await new AthenaClient(client).send(
      new GetWorkGroupCommand({ WorkGroup: outputs.AthenaWorkgroup }),
    );
    await athena.tell({ results: workgroup?.Configuration?.ResultConfiguration?.OutputLocation });
    const { Functions: functions = [] } = await lambda.send(new ListFunctionsCommand({ MaxItems: 50 }));
    const names = functions.map(({ FunctionName = '' }) => FunctionName);
    const functionNames = namesOf(names, outputs.BillingSource !== undefined);
    const callers = new Map(
      functions.map(({ FunctionName, FunctionArn = '', Role = '' }) => [
        accessKeyOf(FunctionArn, Role),
        handlerNames.find((name) => functionNames.get(name) === FunctionName) ?? null,
      ]),
    );
    emulator.enforce();
    const seconds = (from: number, to: number) => (to - from) / 1000;
    return {
      outputs,
      emulator,
      proxy,
      athena,
      s3,
      lambda,
      machine,
      functionNames,
      caller: ({ accessKey }) => callers.get(accessKey) ?? null,
      environment,
      seconds: {
        boot: seconds(began, booted),
        bootstrap: seconds(booted, bootstrapped),
        deploy: seconds(bootstrapped, deployed),
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
