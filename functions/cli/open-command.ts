/** `open`: the archive in a browser, from this machine's disk or through it from a stack. */
import { archivedMonths, archiveKey, readPointer } from '../archive.ts';
import type { Month } from '../core/month.ts';
import { ReportError, usageError } from '../errors.ts';
import { serveArchive } from './archive-server.ts';
import type { Shared } from './options.ts';
import { atPlace, type Context, type Place } from './place.ts';
import { safe } from './terminal.ts';

export type OpenOptions = Omit<Shared, 'json'> & { readonly port: number; readonly month?: Month };

const ended = usageError('stopped', 'The archive is no longer served.');

/** What follows the address: nothing for the site, or where a month's report is. */
const pageOf = async ({ name, option, store }: Place, month: Month | undefined): Promise<string> => {
  if ((await archivedMonths(store)).length === 0)
    throw usageError(
      `the archive ${name} is empty`,
      `Run a month first: retention run${option} --month 2026-10 --source <dir>; or try: retention demo`,
    );
  if (month === undefined) return '';
  const pointer = await readPointer(store, month);
  if (pointer === null)
    throw usageError(`the archive ${name} has no report of ${month}`, `See what it has with: retention list${option}`);
  return archiveKey(month, pointer.revision, 'report.html').slice('archive/'.length);
};

/** Serves until Ctrl-C. The address goes to standard output, once the archive can be read there. */
export const open = ({ port, month, ...shared }: OpenOptions, context: Context): Promise<void> =>
  atPlace({ ...shared, json: false }, context, async (place) => {
    const { print, note } = context.terminal;
    const page = await pageOf(place, month);
    const failed = (error: unknown) =>
      note(error instanceof ReportError ? `${error.code}: ${safe(error.message, 400)}` : safe(`${error}`, 400));
    const server = await serveArchive({ store: place.store, port, failed });
    try {
      await context.whileStoppable(ended, () => {
        print(`${server.address}${page}`);
        note(`The archive ${place.name}, for the browsers of this machine alone. Ctrl-C ends it.`);
        return new Promise(() => {});
      });
    } catch (error) {
      if (error !== ended) throw error;
    } finally {
      await server.close();
    }
  });
