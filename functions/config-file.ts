/** Reads `retention.config.json`: once, every fault at once. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Config, configSchema, defaultConfig } from './core/config.ts';
import { usageError } from './errors.ts';
import { parseAddress } from './render/mime.ts';

export const configFileName = 'retention.config.json';

/** Every fault of a configuration as one line each; addresses are checked as strictly as the mail checks them. */
export const parseConfig = (value: unknown, name: string): Config => {
  const parsed = configSchema.safeParse(value);
  const faults = parsed.success ? [] : z.prettifyError(parsed.error).split('\n');
  const addresses = z
    .object({ recipients: z.array(z.string()).catch([]), sender: z.string().optional().catch(undefined) })
    .safeParse(value);
  const { recipients = [], sender } = addresses.data ?? {};
  for (const address of [...recipients, ...(sender === undefined ? [] : [sender])])
    try {
      parseAddress(address);
    } catch (error) {
      faults.push(error instanceof Error ? error.message : `${error}`);
    }
  if (!parsed.success || faults.length > 0)
    throw usageError(
      `${name} is not a valid configuration:\n  ${faults.join('\n  ')}`,
      'The README lists every setting with its default.',
    );
  return parsed.data;
};

/** The configuration at `path`; without a path that of the working folder where there is one, otherwise the defaults. */
export const readConfig = async (path: string | undefined): Promise<Config> => {
  const name = path ?? configFileName;
  let text: string;
  try {
    text = await readFile(name, 'utf8');
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (absent && path === undefined) return defaultConfig;
    throw usageError(`${name} cannot be read`, 'Give --config the path of a JSON file.', error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageError(
      `${name} is not valid JSON: ${error instanceof Error ? error.message : error}`,
      'Mend the JSON; comments are not allowed.',
      error,
    );
  }
  return parseConfig(value, name);
};
