/** EventBridge Scheduler by its wire protocol: lets a deployed schedule fire now, with the target that was deployed. */
import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Cloud } from './cloud.ts';
import { region, rootCredentials } from './emulator.ts';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** Signature version 4, for JSON without a query worth signing apart. */
const signed = (method: string, url: URL, body: string): Record<string, string> => {
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/${region}/scheduler/aws4_request`;
  const headers = { host: url.host, 'x-amz-date': date };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = [method, url.pathname, url.searchParams, lines.join(''), names, hash(body)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(mac, `AWS4${rootCredentials.secretAccessKey}`);
  const signature = mac(key, ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')).toString('hex');
  return {
    ...headers,
    'content-type': 'application/json',
    authorization: `AWS4-HMAC-SHA256 Credential=${rootCredentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
};

const schedulesSchema = z.object({ Schedules: z.array(z.object({ Name: z.string(), GroupName: z.string() })) });
const scheduleSchema = z.looseObject({
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string(),
  State: z.string(),
});

const ask = async (cloud: Cloud, method: string, path: string, body?: unknown): Promise<unknown> => {
  const url = new URL(path, cloud.emulator.endpoint);
  const text = body === undefined ? '' : JSON.stringify(body);
  const answer = await fetch(url, {
    method,
    headers: signed(method, url, text),
    ...(body === undefined ? {} : { body: text }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

/** The schedule as deployed, by the id it has in the stack. */
export const readSchedule = async (cloud: Cloud, id: string) => {
  const { Schedules } = schedulesSchema.parse(await ask(cloud, 'GET', '/schedules'));
  const found = Schedules.filter(({ Name }) => Name.includes(id));
  const [one] = found;
  if (one === undefined || found.length > 1) throw new Error(`${found.length} schedules for ${id}`);
  const query = `?groupName=${one.GroupName}`;
  return {
    path: `/schedules/${one.Name}`,
    group: one.GroupName,
    schedule: scheduleSchema.parse(await ask(cloud, 'GET', `/schedules/${one.Name}${query}`)),
  };
};

/** Only the time of a deployed schedule is changed, to now: the Scheduler then calls its target with its input. */
export const fireSchedule = async (cloud: Cloud, id: string): Promise<void> => {
  const { path, schedule } = await readSchedule(cloud, id);
  const now = new Date().toISOString().slice(0, 19);
  await ask(cloud, 'PUT', path, { ...schedule, ScheduleExpression: `at(${now})`, ScheduleExpressionTimezone: 'UTC' });
};
