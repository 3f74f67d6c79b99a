/** What a blocking gate found, told so that a person can fix it. */
import type { blockingGates } from './core/report.ts';
import { ReportError } from './errors.ts';

/** One place to look at. `line` counts from 1 in a text file and is the row number in a Parquet file. */
export type Finding = {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: string | null;
  readonly value: string | null;
  readonly problem: string;
};

export type GateFault = {
  readonly code: (typeof blockingGates)[number];
  readonly message: string;
  /** At most 20 of `total`. */
  readonly findings: readonly Finding[];
  readonly total: number;
};

export const findingsShown = 20;

/** The run is blocked: nothing was archived, nothing is mailed. */
export class BlockedError extends ReportError {
  readonly faults: readonly GateFault[];

  constructor(faults: readonly GateFault[]) {
    super(
      'blocked',
      [...new Set(faults.map((fault) => fault.code))].join(', '),
      faults.map((fault) => `${fault.code}: ${fault.message}`).join('\n'),
      'Correct the source and run the month again. Nothing was archived or sent; the last good report stands.',
    );
    this.faults = faults;
  }
}

/** A fault of one place. */
export const fault = (code: GateFault['code'], message: string, findings: readonly Finding[] = []): GateFault => ({
  code,
  message,
  findings: findings.slice(0, findingsShown),
  total: Math.max(1, findings.length),
});

const describeFinding = ({ file, line, column, value, problem }: Finding): string => {
  const place = [file, line === null ? null : `line ${line}`, column === null ? null : `column ${column}`];
  const shown =
    value === null ? '' : ` (found ${JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)})`;
  return `  ${[place.filter((part) => part !== null).join(', '), `${problem}${shown}`].filter((part) => part !== '').join(': ')}`;
};

/** Faults as lines for a terminal: for each gate what it found, at most 20 places of all of them, and how many there are. */
export const describeFaults = (faults: readonly GateFault[]): string[] =>
  [...new Set(faults.map(({ code }) => code))].flatMap((code) => {
    const same = faults.filter((found) => found.code === code);
    const findings = same.flatMap((found) => found.findings);
    const total = same.reduce((sum, found) => sum + found.total, 0);
    const shown = findings.slice(0, findingsShown);
    return [
      ...same.slice(0, findingsShown).map(({ message }) => `${code}: ${message}`),
      ...shown.map(describeFinding),
      ...(shown.length > 0 && total > shown.length ? [`  … ${total} in total, the first ${shown.length} shown`] : []),
    ];
  });
