/** What one does with a deployed stack, and what it leaves behind. */
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type ExecutionStatus,
  type HistoryEvent,
  ListExecutionsCommand,
  paginateGetExecutionHistory,
} from '@aws-sdk/client-sfn';
import { archiveKey } from '../../functions/archive.ts';
import { bucketOf } from '../../functions/buckets.ts';
import { parseMonth } from '../../functions/core/month.ts';
import { type Report, reportSchema } from '../../functions/core/report.ts';
import {
  type Failure,
  failureSchema,
  type OpsRequest,
  type Outcome,
  outcomeSchema,
  runKey,
  type Started,
  startedSchema,
} from '../../functions/run-record.ts';
import { openFolderSource } from '../../functions/sources/folder-source.ts';
import { syncInbox } from '../../functions/stack/inbox.ts';
import type { HandlerName } from '../../infra/handler-names.ts';
import type { Cloud } from './cloud.ts';
import type { SentMail } from './emulator.ts';
import { until } from './processes.ts';

/** How an execution ended, and what it left. */
export type Ended = {
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly error: string | null;
  readonly events: readonly HistoryEvent[];
  readonly seconds: number;
  readonly outcome: Outcome | null;
  readonly failure: Failure | null;
};

export type Called = { readonly error: string | null; readonly answer: unknown; readonly log: string };

/** What the schedule says, or what ops ask for; left out are no check, no mail and a request of its own. */
export type Asked =
  | { readonly scheduledTime: string }
  | (Partial<Omit<OpsRequest, 'month' | 'mail'>> & {
      readonly month: string;
      readonly mail?: { readonly to: 'ops' | 'recipients' | readonly string[]; readonly resend: boolean };
    });

export type Ops = {
  /** Brings the inbox in line with a folder, as the command line does. */
  upload(source: string, until: string): Promise<void>;
  /** Calls a function of the stack and waits. */
  call(name: HandlerName, event: unknown): Promise<Called>;
  /** Asks the starter for a run. */
  start(event: Asked): Promise<Started>;
  /** Waits for the end of an execution. */
  end(name: string): Promise<Ended>;
  run(event: Asked): Promise<Ended>;
  executions(): Promise<string[]>;
  /** Bytes of an object of inbox, lake or archive; null when it is not there. */
  read(key: string): Promise<Buffer | null>;
  keys(prefix: string): Promise<string[]>;
  report(month: string, revision: number): Promise<Report>;
  /** The mails taken since the last look. */
  newMails(): Promise<SentMail[]>;
  /** What ops were told of a run through the topic. */
  alerts(run: string): { readonly subject: string; readonly text: string }[];
  failure(run: string): Promise<Failure | null>;
};

export const opsOf = (cloud: Cloud): Ops => {
  const { outputs, s3, lambda, machine, proxy } = cloud;
  const bucket = bucketOf({
    inbox: outputs.InboxBucket,
    lake: outputs.LakeBucket,
    archive: outputs.ArchiveBucket,
  });
  let mailsSeen = 0;

  const read: Ops['read'] = async (key) => {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket(key), Key: key }));
      return Body === undefined ? null : Buffer.from(await Body.transformToByteArray());
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return null;
      throw error;
    }
  };

  const call: Ops['call'] = async (name, event) => {
    const { FunctionError, Payload, LogResult } = await lambda.send(
      new InvokeCommand({
        FunctionName: cloud.functionNames.get(name),
        Payload: JSON.stringify(event),
        LogType: 'Tail',
      }),
    );
    return {
      error: FunctionError ?? null,
      answer: JSON.parse(Buffer.from(Payload ?? []).toString('utf8')),
      log: Buffer.from(LogResult ?? '', 'base64').toString('utf8'),
    };
  };

  let requests = 0;
  const start: Ops['start'] = async (event) => {
    requests += 1;
    const requestId = `e2e-${`${requests}`.padStart(6, '0')}`;
    const asked = 'scheduledTime' in event ? event : { check: false, mail: null, requestId, ...event };
    const { error, answer, log } = await call('starter', asked);
    if (error !== null) throw new Error(`the starter failed: ${JSON.stringify(answer)}\n${log}`);
    return startedSchema.parse(answer);
  };

  const recordOf = async <T>(name: string, file: Parameters<typeof runKey>[1], parse: (value: unknown) => T) => {
    const bytes = await read(runKey(name, file));
    return bytes === null ? null : parse(JSON.parse(bytes.toString('utf8')));
  };

  const failure: Ops['failure'] = (name) => recordOf(name, 'failure.json', (value) => failureSchema.parse(value));

  const end: Ops['end'] = async (name) => {
    const executionArn = `${outputs.StateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    const told = () => cloud.emulator.log().slice(-6_000);
    const ended = await until(
      `the end of ${name}`,
      async () => {
        const found = await machine.send(new DescribeExecutionCommand({ executionArn })).catch((error: Error) => {
          // A schedule takes a moment to fire.
          if (error.name === 'ExecutionDoesNotExist') return null;
          throw error;
        });
        return found?.status === 'RUNNING' ? null : found;
      },
      { seconds: 150, everyMs: 150, told },
    );
    const events: HistoryEvent[] = [];
    for await (const page of paginateGetExecutionHistory({ client: machine }, { executionArn, maxResults: 1000 }))
      events.push(...(page.events ?? []));
    const { status = 'FAILED', error = null, startDate, stopDate } = ended;
    return {
      name,
      status,
      error,
      events,
      seconds: ((stopDate?.getTime() ?? 0) - (startDate?.getTime() ?? 0)) / 1000,
      outcome: await recordOf(name, 'outcome.json', (value) => outcomeSchema.parse(value)),
      failure: await failure(name),
    };
  };

  return {
    read,
    call,
    start,
    end,
    run: async (event) => end((await start(event)).executionName),
    async upload(source, last) {
      await syncInbox(await openFolderSource(source), parseMonth(last), {
        client: s3,
        bucket: outputs.InboxBucket,
        progress: () => {},
        note: () => {},
      });
    },
    async executions() {
      const { executions = [] } = await machine.send(
        new ListExecutionsCommand({ stateMachineArn: outputs.StateMachineArn }),
      );
      return executions.map(({ name = '' }) => name).sort();
    },
    async keys(prefix) {
      const keys: string[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client: s3 },
        { Bucket: bucket(prefix), Prefix: prefix },
      ))
        keys.push(...Contents.map(({ Key = '' }) => Key));
      return keys;
    },
    async report(month, revision) {
      const bytes = await read(archiveKey(parseMonth(month), revision, 'report.json'));
      if (bytes === null) throw new Error(`${month} has no revision ${revision}`);
      return reportSchema.parse(JSON.parse(bytes.toString('utf8')));
    },
    async newMails() {
      const mails = await cloud.emulator.mails();
      const fresh = mails.slice(mailsSeen);
      mailsSeen = mails.length;
      return fresh;
    },
    alerts: (run) =>
      proxy.passed
        .filter(({ service, action, status }) => service === 'sns' && action === 'Publish' && status === 200)
        .map(({ body }) => {
          const form = new URLSearchParams(body.toString('utf8'));
          return { subject: form.get('Subject') ?? '', text: form.get('Message') ?? '' };
        })
        .filter(({ text }) => text.includes(run)),
    failure,
  };
};
