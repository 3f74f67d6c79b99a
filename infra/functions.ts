/** The functions, eight and one that pulls: what each is given, and what its role may do. */
import { Duration, Size, Stack } from 'aws-cdk-lib';
import {
  Architecture,
  CfnEventInvokeConfig,
  type Code,
  Function as Lambda,
  LayerVersion,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { lakeTables } from '../functions/lake/tables.ts';
import { pullFolders, pullFoldersOf } from '../functions/sources/billing/published-month.ts';
import { type Access, allow, athenaIn, decrypt, encrypt, list, logTo, read, roleFor, write } from './access.ts';
import type { Archive } from './archive.ts';
import type { DataLake } from './data-lake.ts';
import { type HandlerName, handlerEntry } from './handler-names.ts';
import type { Mail } from './mail.ts';
import type { LayerName } from './native-layer.ts';
import type { Ops } from './ops.ts';
import { type Query, resultsPrefix } from './query.ts';
import type { Settings } from './settings.ts';

/** The code of the functions: bundles at synth, stand-ins in tests. */
export type FunctionCode = {
  readonly handler: (name: HandlerName) => Code;
  readonly layers: Readonly<Record<LayerName, Code>>;
};

/** The billing system that months are pulled from. */
export type Billing = {
  readonly vendor: string;
  readonly address: string;
  readonly secret: Secret;
};

export type FunctionsProps = {
  readonly code: FunctionCode;
  readonly settings: Settings;
  readonly metricNamespace: string;
  readonly data: DataLake;
  readonly archive: Archive;
  readonly query: Query;
  readonly mail: Mail;
  readonly ops: Ops;
  /** Null where months are uploaded. */
  readonly billing: Billing | null;
};

type Shape = {
  readonly description: string;
  readonly memoryMb: number;
  readonly minutes: number;
  readonly scratchGb?: number;
  readonly layers?: readonly LayerName[];
  readonly access: readonly Access[];
  readonly environment: Readonly<Record<string, string>>;
};

export class Functions extends Construct {
  private readonly made = new Map<HandlerName, Lambda>();
  private readonly props: FunctionsProps;
  private readonly layers: Readonly<Record<LayerName, LayerVersion>>;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    this.props = props;
    const { code, settings, data, archive, query, mail, ops, metricNamespace } = props;
    this.layers = {
      duckdb: this.layer('DuckDb', 'DuckDB for Node.js', code.layers.duckdb),
      rendering: this.layer('Rendering', 'What draws charts and sets the board pack', code.layers.rendering),
    };

    // What a run notes about itself: request, outcome, failure, and what its queries cost.
    const notes = [read(data.lake, 'runs/'), write(data.lake, 'runs/'), list(data.lake), encrypt(data.key, 's3')];
    const lake = [
      read(data.lake, 'lake/', 'runs/'),
      write(data.lake, 'lake/', 'runs/'),
      list(data.lake),
      encrypt(data.key, 's3'),
    ];
    const inbox = [read(data.inbox, 'inbox/'), list(data.inbox)];
    const archived = [read(archive.bucket, 'archive/'), list(archive.bucket), decrypt(archive.key, 's3')];
    const athena = athenaAccess(Stack.of(this), query.workgroup, data);

    const source = { INBOX_BUCKET: data.inbox.bucketName };
    const store = { LAKE_BUCKET: data.lake.bucketName };
    const kept = { ARCHIVE_BUCKET: archive.bucket.bucketName };
    const engine = {
      RESULTS_BUCKET: data.results.bucketName,
      GLUE_DATABASE: data.database,
      ATHENA_WORKGROUP: query.workgroup,
    };
    const metrics = { METRIC_NAMESPACE: metricNamespace };
    const people = { OPS_RECIPIENTS: settings.opsRecipients.join(',') };

    const letters = [allow(['sqs:SendMessage'], [ops.deadLetters.queueArn]), encrypt(ops.key, 'sqs')];

    // Its right to start executions comes with the machine, which is made after the functions.
    this.make('starter', {
      description: 'Names a run and starts it, so that a doubled event starts one',
      memoryMb: 512,
      minutes: 1,
      access: letters,
      environment: people,
    });
    if (props.billing !== null) this.make('pull', this.pulling(props.billing, notes));
    this.make('validate', {
      description: 'Finds what of the month is to be read',
      memoryMb: 512,
      minutes: 5,
      access: [...inbox, ...lake],
      environment: { ...source, ...store },
    });
    this.make('ingest', {
      description: 'Turns one table of one month into Parquet',
      memoryMb: settings.ingestMemoryMb,
      minutes: 15,
      scratchGb: 10,
      layers: ['duckdb'],
      access: [...inbox, ...lake],
      environment: { ...source, ...store },
    });
    this.make('measure', {
      description: 'Builds and measures a month on Athena',
      memoryMb: 1024,
      minutes: 15,
      // Which months are reported already decides what counts as late: their names, not what they hold.
      access: [...inbox, ...lake, ...athena, list(archive.bucket)],
      environment: { ...source, ...store, ...engine, ...kept },
    });
    this.make('archive', {
      description: 'Writes a revision of the report',
      memoryMb: settings.archiveMemoryMb,
      minutes: 15,
      scratchGb: 10,
      layers: ['duckdb', 'rendering'],
      access: [
        ...inbox,
        ...lake,
        ...athena,
        read(archive.bucket, 'archive/'),
        write(archive.bucket, 'archive/'),
        list(archive.bucket),
        encrypt(archive.key, 's3'),
      ],
      environment: { ...source, ...store, ...engine, ...kept, ...metrics },
    });
    this.make('deliver', {
      description: 'Mails a report to each recipient once',
      memoryMb: 512,
      // One after the other, and not cut off in the middle of one.
      minutes: 15,
      access: [
        ...archived,
        read(data.lake, 'deliveries/', 'runs/'),
        write(data.lake, 'deliveries/', 'runs/'),
        list(data.lake),
        encrypt(data.key, 's3'),
        mail.send,
      ],
      environment: {
        ...store,
        ...kept,
        ...people,
        ...metrics,
        SES_CONFIGURATION_SET: mail.configurationSetName,
        SES_IDENTITY_ARN: mail.identityArn,
      },
    });
    this.make('failed', {
      description: 'Records a failure and tells ops',
      memoryMb: 512,
      minutes: 1,
      access: [
        ...notes,
        read(data.lake, 'deliveries/'),
        allow(['sns:Publish'], [ops.topic.topicArn]),
        encrypt(ops.key, 'sns'),
        ...letters,
      ],
      environment: { ...store, ...metrics, OPS_TOPIC_ARN: ops.topic.topicArn },
    });
    this.make('watch', {
      description: 'Says whether the month before has its report',
      memoryMb: 512,
      minutes: 1,
      access: archived,
      environment: { ...kept, ...metrics, REPORT_BY_DAY: `${settings.reportByDay}` },
    });

    // Schedules and events call functions without waiting for them: one that fails for good must not vanish.
    for (const name of ['starter', 'failed'] as const)
      new CfnEventInvokeConfig(this, `${name}Invocations`, {
        functionName: this.get(name).functionName,
        qualifier: '$LATEST',
        maximumRetryAttempts: 2,
        maximumEventAgeInSeconds: Duration.hours(6).toSeconds(),
        destinationConfig: { onFailure: { destination: ops.deadLetters.queueArn } },
      });
  }

  get(name: HandlerName): Lambda {
    const found = this.made.get(name);
    if (found === undefined) throw new RangeError(`there is no function ${name}`);
    return found;
  }

  has(name: HandlerName): boolean {
    return this.made.has(name);
  }

  get all(): readonly Lambda[] {
    return [...this.made.values()];
  }

  /** Writes what it pulls and no other part of the inbox; alone may read the key. */
  private pulling({ vendor, address, secret }: Billing, notes: readonly Access[]): Shape {
    const { data, settings } = this.props;
    const below = (folders: readonly string[]) => folders.map((folder) => `inbox/${folder}/`);
    return {
      description: 'Pulls a month from the billing system; called again until it is there',
      memoryMb: settings.pullMemoryMb,
      minutes: 15,
      scratchGb: 10,
      access: [
        read(data.inbox, ...below(pullFolders)),
        write(data.inbox, ...below(pullFoldersOf(vendor))),
        list(data.inbox),
        ...notes,
        allow(['secretsmanager:GetSecretValue'], [secret.secretArn]),
        decrypt(data.key, 'secretsmanager'),
      ],
      environment: {
        INBOX_BUCKET: data.inbox.bucketName,
        LAKE_BUCKET: data.lake.bucketName,
        BILLING_SOURCE: address,
        BILLING_SECRET: secret.secretArn,
      },
    };
  }

  private get architecture(): Architecture {
    return this.props.settings.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;
  }

  private layer(id: string, description: string, code: Code): LayerVersion {
    return new LayerVersion(this, id, {
      description,
      code,
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [this.architecture],
    });
  }

  private make(name: HandlerName, shape: Shape): void {
    const logGroup = this.props.ops.logGroup(this, `${name}-logs`);
    const role = roleFor(this, `${name}-role`, {
      service: 'lambda.amazonaws.com',
      description: shape.description,
      access: [logTo(logGroup), ...shape.access],
    });
    const made = new Lambda(this, name, {
      description: shape.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: this.architecture,
      handler: handlerEntry,
      code: this.props.code.handler(name),
      role,
      logGroup,
      memorySize: shape.memoryMb,
      timeout: Duration.minutes(shape.minutes),
      ephemeralStorageSize: Size.gibibytes(shape.scratchGb ?? 0.5),
      layers: (shape.layers ?? []).map((name) => this.layers[name]),
      environment: { ...shape.environment },
    });
    this.made.set(name, made);
  }
}

/** Queries of one workgroup over the lake's tables. Athena reads, writes and decrypts in its caller's name. */
const athenaAccess = (stack: Stack, workgroup: string, data: DataLake): readonly Access[] => {
  const glue = (resource: string) => stack.formatArn({ service: 'glue', resource });
  return [
    allow(
      ['athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:GetQueryResults', 'athena:StopQueryExecution'],
      [stack.formatArn({ service: 'athena', resource: 'workgroup', resourceName: workgroup })],
    ),
    allow(
      [
        'glue:GetDatabase',
        'glue:GetTable',
        'glue:GetTables',
        'glue:GetPartition',
        'glue:GetPartitions',
        'glue:BatchGetPartition',
        'glue:CreatePartition',
      ],
      [
        glue('catalog'),
        glue(`database/${data.database}`),
        ...Object.keys(lakeTables).map((table) => glue(`table/${data.database}/${table}`)),
      ],
    ),
    // Athena looks there first, whatever the database of a query.
    allow(['glue:GetDatabase'], [glue('catalog'), glue('database/default')]),
    ...athenaIn(data.lake, 'lake/'),
    read(data.results, resultsPrefix),
    write(data.results, resultsPrefix),
    ...athenaIn(data.results, resultsPrefix),
  ];
};
