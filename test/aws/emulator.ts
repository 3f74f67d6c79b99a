/** MiniStack, an AWS on loopback, as a process of the suite's own. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { freePort, start, until } from './processes.ts';

export const ministackVersion = '1.5.33';
export const region = 'eu-central-1';
export const account = '000000000000';

/** Whoever signs with these may do everything: the suite itself, CDK, the ops command line. */
export const rootCredentials = { accessKeyId: 'test', secretAccessKey: 'test' };

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const python = join(cache, 'retention-report/ministack', ministackVersion, 'bin/python');

const mailSchema = z.object({
  MessageId: z.string(),
  Source: z.string(),
  To: z.array(z.string()),
  Subject: z.string(),
  BodyHtml: z.string().nullable(),
});
export type SentMail = z.infer<typeof mailSchema>;

const callSchema = z.object({
  function: z.string(),
  milliseconds: z.number(),
  /** Unpacking, booting Node and loading the code; null where the function was running already. */
  startMilliseconds: z.number().nullable(),
  failed: z.boolean(),
});
export type FunctionCall = z.infer<typeof callSchema>;

export type Emulator = {
  readonly endpoint: string;
  log(): string;
  /** From here on a role may do what its policies say, and nothing else. */
  enforce(): void;
  /** Every mail that SES took, oldest first. */
  mails(): Promise<SentMail[]>;
  /** Every call of a function that has ended, in order. */
  calls(): FunctionCall[];
  /** Process ids of the running copies of a function. */
  workers(functionName: string): number[];
  stop(): Promise<void>;
};

/** The functions reach AWS through `functionsEndpoint`, and Athena through `athenaEndpoint`. */
export const startEmulator = async (props: {
  readonly home: string;
  readonly functionsEndpoint: string;
  readonly athenaEndpoint: string;
}): Promise<Emulator> => {
  if (!existsSync(python))
    throw new Error(`MiniStack ${ministackVersion} is not installed. Run .ci/aws, which does it.`);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const program = start(python, ['-B', join(import.meta.dirname, 'emulator.py')], {
    cwd: props.home,
    environment: {
      // The functions run on the Node that runs this, the Lambda runtime's own version.
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: props.home,
      TMPDIR: props.home,
      LANG: 'C.UTF-8',
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: `${port}`,
      IOT_MTLS_ENABLED: '0',
      AWS_ACCESS_KEY_ID: rootCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootCredentials.secretAccessKey,
      // Waits between two tries of a step take no time.
      SFN_WAIT_SCALE: '0',
      // Handed on to the functions, whose own settings stay as deployed.
      AWS_ENDPOINT_URL: props.functionsEndpoint,
      AWS_ENDPOINT_URL_ATHENA: props.athenaEndpoint,
    },
  });
  const healthy = async () => {
    if (program.child.exitCode !== null) throw new Error(`MiniStack stopped:\n${program.log()}`);
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => null);
    return answer?.ok === true ? true : null;
  };
  await until('MiniStack', healthy, { told: program.log });
  return {
    endpoint,
    log: program.log,
    enforce: () => process.kill(program.pid, 'SIGUSR1'),
    async mails() {
      const answer = await fetch(`${endpoint}/_ministack/ses/messages`);
      const { messages } = z.object({ messages: z.record(z.string(), z.array(mailSchema)) }).parse(await answer.json());
      return messages[account] ?? [];
    },
    calls: () =>
      textOf(join(props.home, 'calls.jsonl'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => callSchema.parse(JSON.parse(line))),
    workers: (functionName) => childrenOf(program.pid).filter((pid) => commandOf(pid).includes(functionName)),
    stop: program.stop,
  };
};

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
};

const commandOf = (pid: number) => textOf(`/proc/${pid}/cmdline`);

const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => parseInt(name, 10))
    .filter((pid) => new RegExp(`^PPid:\\s+${parent}$`, 'm').test(textOf(`/proc/${pid}/status`)));
