/**
 * A deployed stack as the command line sees it: CloudFormation, Lambda and Step Functions on one port of loopback, each in
 * its own wire protocol, and S3 beside them. What a run does is scripted; nothing here computes.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type OpsRequest, opsRequestSchema } from '../../functions/run-record.ts';
import { type FakeS3, openFakeS3 } from './fake-s3.ts';

export const outputs = {
  InboxBucket: 'acme-inbox',
  LakeBucket: 'acme-lake',
  ArchiveBucket: 'acme-archive',
  ResultsBucket: 'acme-results',
  StarterFunction: 'acme-starter',
  StateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:acme',
};

export type HistoryEvent = { readonly type: string; readonly [details: string]: unknown };

export type Run = {
  /** Descriptions that still find it running. */
  readonly polls?: number;
  readonly events?: readonly HistoryEvent[];
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly error?: string;
  readonly cause?: string;
  /** Objects of the lake bucket that it leaves. */
  readonly leaves?: Readonly<Record<string, unknown>>;
};

/** What the services beside the stack say of it. */
export type Health = {
  /** How SES has the identities that it knows. */
  readonly identities: Readonly<Record<string, string>>;
  readonly dkim: string;
  readonly dailyQuota: number;
  /** ARNs of subscriptions of the ops topic. */
  readonly subscriptions: readonly string[];
  /** Stages of each version of the key's secret. */
  readonly secret: { readonly versions: readonly (readonly string[])[]; readonly deleted: boolean };
};

export const wellHealth: Health = {
  identities: { 'example.com': 'Success' },
  dkim: 'Success',
  dailyQuota: 50_000,
  subscriptions: ['arn:aws:sns:eu-central-1:123456789012:ops:1', 'arn:aws:sns:eu-central-1:123456789012:ops:2'],
  secret: { versions: [['AWSPREVIOUS'], ['AWSCURRENT']], deleted: false },
};

type Service = 'cloudformation' | 'lambda' | 'states' | 'ses' | 'sns' | 'secretsmanager';

type Refusal = { readonly status: number; readonly code: string; readonly message: string };

export type FakeStack = {
  readonly url: string;
  /** For the process of the command line. */
  readonly environment: Readonly<Record<string, string>>;
  readonly s3: FakeS3;
  /** Requests that the starter was invoked with. */
  readonly started: OpsRequest[];
  readonly stacks: Map<string, Readonly<Record<string, string>>>;
  /** Answers in place of the service's own, by service. */
  readonly refusals: Map<Service, Refusal>;
  health: Health;
  /** As CloudFormation has it. */
  status: string;
  /** What the run of a request does. */
  onStart(script: (request: OpsRequest) => Run): void;
  /** A run that somebody else started. */
  addRun(name: string, run: Run): void;
  close(): Promise<void>;
};

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const sent = (response: ServerResponse, status: number, type: string, body: string) =>
  response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': randomUUID() }).end(body);
const xml = (response: ServerResponse, body: string, status = 200) =>
  sent(response, status, 'text/xml', `<?xml version="1.0"?>${body}`);
const json = (response: ServerResponse, value: unknown, status = 200) =>
  sent(response, status, 'application/x-amz-json-1.0', JSON.stringify(value));

type Execution = Run & { polled: number };

/** Step Functions, in pages of three events. */
const openStates =
  (executions: Map<string, Execution>) => (target: string, body: unknown, response: ServerResponse) => {
    const { executionArn = '', nextToken = '' } = body as { executionArn?: string; nextToken?: string };
    if (target.endsWith('ListExecutions')) {
      const newest = [...executions].at(-1);
      const name = newest?.[0].slice(newest[0].lastIndexOf(':') + 1);
      const listed = newest === undefined ? [] : [{ executionArn: newest[0], name, status: newest[1].status }];
      return json(response, { executions: listed });
    }
    const execution = executions.get(executionArn);
    if (execution === undefined)
      return json(
        response,
        { __type: 'ExecutionDoesNotExist', message: `Execution Does Not Exist: '${executionArn}'` },
        400,
      );
    const { polls = 1, events = [], status, error, cause } = execution;
    const startDate = Date.parse('2026-11-03T07:00:00Z') / 1000;
    if (target.endsWith('DescribeExecution')) {
      execution.polled += 1;
      const ended = execution.polled > polls;
      return json(response, {
        executionArn,
        startDate,
        status: ended ? status : 'RUNNING',
        ...(ended ? { error, cause } : {}),
      });
    }
    // As many events have happened as the run has been asked after.
    const happened = events.slice(0, Math.ceil((events.length * Math.min(execution.polled, polls)) / polls));
    const from = parseInt(nextToken || '0', 10);
    const page = happened
      .slice(from, from + 3)
      .map((event, at) => ({ ...event, id: from + at + 1, timestamp: 1793600000 }));
    json(response, { events: page, ...(from + 3 < happened.length ? { nextToken: `${from + 3}` } : {}) });
  };

export const startFakeStack = async (): Promise<FakeStack> => {
  const { InboxBucket, LakeBucket, ArchiveBucket } = outputs;
  // Two keys a page: nobody may take the first page for all.
  const s3 = await openFakeS3({ buckets: [InboxBucket, LakeBucket, ArchiveBucket], pageSize: 2 });
  const started: OpsRequest[] = [];
  const stacks = new Map<string, Readonly<Record<string, string>>>([['acme', outputs]]);
  const refusals: FakeStack['refusals'] = new Map();
  const executions = new Map<string, Execution>();
  const states = openStates(executions);
  const state = { health: wellHealth, status: 'UPDATE_COMPLETE' };
  let script = (_: OpsRequest): Run => ({ status: 'SUCCEEDED' });

  const addRun: FakeStack['addRun'] = (name, run) => {
    const arn = `${outputs.StateMachineArn.replace('stateMachine', 'execution')}:${name}`;
    executions.set(arn, { ...run, polled: 0 });
    for (const [file, value] of Object.entries(run.leaves ?? {}))
      s3.put(LakeBucket, `runs/${name}/${file}`, JSON.stringify(value));
    return arn;
  };

  const describeStacks = (body: string, response: ServerResponse) => {
    const name = new URLSearchParams(body).get('StackName') ?? '';
    const stack = stacks.get(name);
    if (stack === undefined)
      return xml(
        response,
        `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message></Error></ErrorResponse>`,
        400,
      );
    const members = Object.entries(stack).map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${escaped(value)}</OutputValue></member>`,
    );
    xml(
      response,
      `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${name}</StackName><CreationTime>2026-11-01T00:00:00Z</CreationTime><StackStatus>${state.status}</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    );
  };

  const invoke = (body: string, response: ServerResponse) => {
    const request = opsRequestSchema.safeParse(JSON.parse(body));
    if (!request.success) {
      response.setHeader('x-amz-function-error', 'Unhandled');
      return json(response, { errorType: 'USAGE', errorMessage: request.error.message });
    }
    started.push(request.data);
    const name = `ops-${request.data.month}-${request.data.requestId}`;
    const run = script(request.data);
    addRun(name, run);
    json(response, {
      executionName: name,
      executionArn: `${outputs.StateMachineArn.replace('stateMachine', 'execution')}:${name}`,
    });
  };

  /** Each request is signed for the service that it is meant for. */
  const serviceOf = ({ headers }: IncomingMessage): Service => {
    const [, service] = /\/(\w+)\/aws4_request/.exec(headers.authorization ?? '') ?? [];
    const known: readonly Service[] = ['cloudformation', 'lambda', 'states', 'ses', 'sns', 'secretsmanager'];
    const found = known.find((name) => name === service);
    if (found === undefined) throw new Error(`no service ${service} here`);
    return found;
  };

  const entry = (key: string, value: string) => `<entry><key>${escaped(key)}</key><value>${value}</value></entry>`;
  const result = (action: string, body: string, response: ServerResponse) =>
    xml(response, `<${action}Response><${action}Result>${body}</${action}Result></${action}Response>`);

  const mail = (form: URLSearchParams, response: ServerResponse) => {
    const action = form.get('Action') ?? '';
    const { identities, dkim, dailyQuota } = state.health;
    const asked = Object.entries(identities).filter(([name]) => name === form.get('Identities.member.1'));
    if (action === 'GetSendQuota')
      return result(
        action,
        `<Max24HourSend>${dailyQuota}</Max24HourSend><MaxSendRate>1</MaxSendRate><SentLast24Hours>3</SentLast24Hours>`,
        response,
      );
    if (action === 'GetIdentityVerificationAttributes') {
      const found = asked.map(([name, status]) => entry(name, `<VerificationStatus>${status}</VerificationStatus>`));
      return result(action, `<VerificationAttributes>${found.join('')}</VerificationAttributes>`, response);
    }
    const found = asked.map(([name]) =>
      entry(name, `<DkimEnabled>true</DkimEnabled><DkimVerificationStatus>${dkim}</DkimVerificationStatus>`),
    );
    return result(action, `<DkimAttributes>${found.join('')}</DkimAttributes>`, response);
  };

  /** One subscription a page. */
  const subscriptions = (form: URLSearchParams, response: ServerResponse) => {
    const at = parseInt(form.get('NextToken') ?? '0', 10);
    const arns = state.health.subscriptions;
    const members = arns
      .slice(at, at + 1)
      .map((arn) => `<member><SubscriptionArn>${arn}</SubscriptionArn><Endpoint>ops@example.com</Endpoint></member>`);
    const next = at + 1 < arns.length ? `<NextToken>${at + 1}</NextToken>` : '';
    result('ListSubscriptionsByTopic', `<Subscriptions>${members.join('')}</Subscriptions>${next}`, response);
  };

  const secret = (response: ServerResponse) => {
    const { versions, deleted } = state.health.secret;
    const stages = Object.fromEntries(versions.map((names, at) => [`version-${at}`, names]));
    json(response, { Name: 'key', VersionIdsToStages: stages, ...(deleted ? { DeletedDate: 1793600000 } : {}) });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const service = serviceOf(request);
    const refusal = refusals.get(service);
    if (refusal !== undefined) {
      const { status, code, message } = refusal;
      response.setHeader('x-amzn-errortype', code);
      const [error, body] = [`<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`, { message }];
      if (service === 'cloudformation' || service === 'ses' || service === 'sns')
        return xml(response, `<ErrorResponse>${error}</ErrorResponse>`, status);
      return json(response, { __type: code, ...body }, status);
    }
    const body = (await buffer(request)).toString();
    if (service === 'cloudformation') return describeStacks(body, response);
    if (service === 'lambda') return invoke(body, response);
    if (service === 'ses') return mail(new URLSearchParams(body), response);
    if (service === 'sns') return subscriptions(new URLSearchParams(body), response);
    if (service === 'secretsmanager') return secret(response);
    return states(`${request.headers['x-amz-target']}`, JSON.parse(body), response);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(`${error}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    get health() {
      return state.health;
    },
    set health(next) {
      state.health = next;
    },
    get status() {
      return state.status;
    },
    set status(next) {
      state.status = next;
    },
    url,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example-secret',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    s3,
    started,
    stacks,
    refusals,
    onStart(next) {
      script = next;
    },
    addRun,
    async close() {
      await s3.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
