/** Input that cannot be what the contract says: the run is blocked until the file is right. */
import { ReportError } from '../errors.ts';

export const badRow = (message: string, hint: string, cause?: unknown): ReportError =>
  new ReportError('blocked', 'BAD_ROW', message, hint, { cause });
