/** Where a command looks for the archive: a home on this machine, or a deployed stack. */
import { join, relative, resolve } from 'node:path';
import { openHome } from '../compose-local.ts';
import type { ReportError } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import type { Shared } from './options.ts';
import type { Terminal } from './terminal.ts';

export type Context = {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Fails with `stopped` when the user stops the command while `work` is under way. */
  readonly whileStoppable: <T>(stopped: ReportError, work: () => Promise<T>) => Promise<T>;
};

export type Place = {
  /** For messages: what follows "the archive". */
  readonly name: string;
  /** The option that leads there, to be repeated in advice. */
  readonly option: string;
  readonly store: ObjectStore;
  /** Where a person finds an object: a path, or a link that works for a while. */
  locate(key: string): Promise<string>;
};

export const shownPath = (home: string, key: string): string => relative('.', join(resolve(home), key)) || key;

const localPlace = (home: string): Place => ({
  name: `in ${home}`,
  option: '',
  store: openHome(home),
  locate: async (key) => shownPath(home, key),
});

/** Opens the place that the options name, for as long as `work` takes. */
export const atPlace = async <T>(
  { home, stack }: Shared,
  { terminal }: Context,
  work: (place: Place) => Promise<T>,
): Promise<T> => {
  if (stack === undefined) return work(localPlace(home));
  // The SDK takes a while to load: who does not ask for a stack does not wait for it.
  const { withStack } = await import('./stack-place.ts');
  return withStack(stack, terminal, work);
};
