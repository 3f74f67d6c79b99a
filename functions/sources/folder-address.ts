/** The folder that `--source` names: `files:DIR` says in words what `DIR` says alone. */
import { usageError } from '../errors.ts';

const prefix = 'files:';

/** Throws a ReportError of kind `usage` where nothing stands behind `files:`. */
export const folderOf = (address: string): string => {
  if (!address.startsWith(prefix)) return address;
  const dir = address.slice(prefix.length);
  if (dir === '') throw usageError('"files:" names no folder', 'Write the folder behind it: --source files:billing');
  return dir;
};
