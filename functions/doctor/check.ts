/** What the doctor found out about one thing: whether it is well, what was seen, and what puts it right. */
import { type ErrorKind, exitCodes, ReportError } from '../errors.ts';

export type Outcome = 'ok' | 'warn' | 'fail';

/** `seen` has counts, months, currencies and names of files, columns and permissions: never a key, never a customer. */
export type Check = {
  /** Stable for machines. */
  readonly name: string;
  readonly outcome: Outcome;
  readonly seen: string;
  /** What to do; null where nothing is to be done. */
  readonly fix: string | null;
  /** Lines to be filled in and put where `fix` says. */
  readonly paste: readonly string[];
  /** What a failed check would stop a run with; null for all others. */
  readonly kind: ErrorKind | null;
};

export const ok = (name: string, seen: string): Check => ({
  name,
  outcome: 'ok',
  seen,
  fix: null,
  paste: [],
  kind: null,
});

/** A run would go through all the same. */
export const warn = (name: string, seen: string, fix: string, paste: readonly string[] = []): Check => ({
  name,
  outcome: 'warn',
  seen,
  fix,
  paste,
  kind: null,
});

/** A run would stop, as `kind` says. */
export const fail = (
  name: string,
  kind: ErrorKind,
  seen: string,
  fix: string,
  paste: readonly string[] = [],
): Check => ({ name, outcome: 'fail', seen, fix, paste, kind });

/** An expected failure as a failed check; anything else is thrown again. */
export const failure = (name: string, error: unknown): Check => {
  if (error instanceof ReportError) return fail(name, error.kind, error.message, error.hint);
  throw error;
};

/** The exit code of the first check that failed: checks stand in the order in which they are to be put right. */
export const exitCodeOf = (checks: readonly Check[]): number => {
  const first = checks.find(({ outcome }) => outcome === 'fail');
  return first === undefined ? 0 : exitCodes[first.kind ?? 'unexpected'];
};

/** `1 line`, `2 lines`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** At most `limit` of many, and how many there are in all. */
export const some = (all: readonly string[], limit: number, separator = ', '): string =>
  all.length <= limit ? all.join(separator) : `${all.slice(0, limit).join(separator)} … ${all.length} in all`;
