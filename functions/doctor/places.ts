/** Where faults of a source are, told by file, line and column: never what stands there. */
import type { Finding, GateFault } from '../gate-fault.ts';

const placesShown = 5;

/** File, line, column and what is wrong. What stands there is left out: it can be a name. */
export const placeOf = ({ file, line, column, problem }: Finding): string =>
  `${[file, line === null ? null : `line ${line}`, column].filter((part) => part !== null).join(', ')}: ${problem}`;

/** The first places of faults, and how many there are in all. */
export const placesOf = (faults: readonly GateFault[], describe = placeOf): string => {
  const total = faults.reduce((sum, fault) => sum + fault.total, 0);
  const all = faults.flatMap(({ findings, message }) => (findings.length === 0 ? [message] : findings.map(describe)));
  const shown = all.slice(0, placesShown);
  return `${shown.join('; ')}${total > shown.length ? `; … ${total} in all` : ''}`;
};
