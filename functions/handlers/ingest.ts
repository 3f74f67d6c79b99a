/** Reads one table of one month into the lake: DuckDB turns its files into Parquet. */
import { awsConfig, awsStore, withLoader } from '../compose-aws.ts';
import { step } from '../lambda-step.ts';
import { stepEventSchema } from '../run-record.ts';
import { readTable, taskSchema } from '../steps.ts';

const eventSchema = stepEventSchema.pick({ run: true }).extend(taskSchema.shape);

export const handler = step(eventSchema, awsStore, async ({ run, month, table }) => {
  const config = await awsConfig();
  await withLoader((source, world) => readTable(run, { month, table }, source, config, world));
  return {};
});
