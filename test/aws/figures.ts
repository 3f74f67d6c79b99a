/** Figures for people, printed by the suite and held to no limit: what a run takes in the emulator, and what it consists of. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { type HandlerName, handlerNames } from '../../infra/handler-names.ts';
import type { Cloud } from './cloud.ts';
import { settings } from './installation.ts';

type Row = readonly (string | number | null)[];

const cellText = (cell: Row[number]) =>
  typeof cell === 'number' ? Math.round(cell).toLocaleString('en-US') : (cell ?? '');

export const printFigures = (title: string, rows: readonly Row[]): void => {
  const cells = rows.map((row) => row.map(cellText));
  const widths = (cells[0] ?? []).map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const lines = cells.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
  );
  console.log(`\n${title}\n  ${lines.join('\n  ')}`);
};

const assetsSchema = z.object({
  files: z.record(z.string(), z.object({ displayName: z.string(), source: z.object({ path: z.string() }) })),
});

/** Bytes of the code that Lambda loads for a function. */
const bundleBytes = async (assembly: string): Promise<(name: HandlerName) => Promise<number>> => {
  const text = await readFile(join(assembly, `${settings.stackName}.assets.json`), 'utf8');
  const { files } = assetsSchema.parse(JSON.parse(text));
  return async (name) => {
    const asset = Object.values(files).find(({ displayName }) => displayName.includes(`/${name}/`));
    return (await stat(join(assembly, asset?.source.path ?? '', 'functions/queries/index.mjs'))).size;
  };
};

const mean = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

export const functionFigures = async (cloud: Cloud, assembly: string): Promise<readonly Row[]> => {
  const bytesOf = await bundleBytes(assembly);
  const calls = cloud.emulator.calls().filter(({ failed }) => !failed);
  const row = async (name: HandlerName): Promise<Row> => {
    const own = calls.filter((call) => call.function === cloud.functionNames.get(name));
    const cold = own.flatMap(({ startMilliseconds }) => startMilliseconds ?? []);
    const work = own.map(({ milliseconds, startMilliseconds }) => milliseconds - (startMilliseconds ?? 0));
    return [
      name,
      await bytesOf(name),
      own.length,
      cold.length,
      mean(cold),
      mean(work),
      own.length === 0 ? null : Math.max(...work),
    ];
  };
  const head = ['function', 'bundle, bytes', 'calls', 'cold', 'cold start, ms', 'work, mean ms', 'longest'];
  return [head, ...(await Promise.all(handlerNames.filter((name) => cloud.functionNames.has(name)).map(row)))];
};

/** What Step Functions charges for: every state entered, and every further try of one. */
export const transitionsOf = (events: readonly HistoryEvent[]): number =>
  events.filter(({ type = '' }) => type.endsWith('StateEntered') || type === 'TaskScheduled').length -
  events.filter(({ type }) => type === 'TaskStateEntered').length;
