/** Reads what a billing system told by a schema; what cannot be read is named by its kind and id, never by what is in it. */
import { z } from 'zod';
import { dependencyError } from '../../errors.ts';
import { shown } from './shown.ts';

/** Where an object came from: ids are fit to be seen, names and amounts are not. */
const idIn = (value: unknown): string => {
  const found = z.looseObject({ id: z.string().max(100) }).safeParse(value);
  return found.success ? shown(found.data.id) : 'one without an id';
};

/**
 * Makes readers of a vendor's objects. They throw `<VENDOR>_SHAPE` of kind `dependency` for what the schema does not
 * take. `tell` says where an object came from, where its id is not to be shown as it is.
 */
export const objectReader =
  (title: string, tell: (what: string, value: unknown) => string = (_, value) => idIn(value)) =>
  <T>(what: string, schema: z.ZodType<T>) =>
  (value: unknown): T => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const faults = parsed.error.issues.slice(0, 5).map(({ path, code }) => `${path.join('.')} (${code})`);
    throw dependencyError(
      `${title.toUpperCase()}_SHAPE`,
      `${title} told a ${what} that cannot be read, ${tell(what, value)}: ${faults.join(', ')}`,
      'The raw page is kept in the inbox. Report it: a field has a form that this version does not know.',
    );
  };
