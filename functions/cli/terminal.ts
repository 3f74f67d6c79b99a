/** What a terminal shows: results to standard output, progress and notes to standard error. */
import { stripVTControlCharacters } from 'node:util';
import type { Progress } from '../ports.ts';
import { displayText } from '../render/display-text.ts';

export type Terminal = {
  readonly print: (text: string) => void;
  readonly note: (text: string) => void;
  readonly progress: Progress;
  /** Wipes the progress line before anything else is written. */
  readonly clear: () => void;
};

type Stream = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

const barWidth = 24;

export const terminal = (output: Stream, errors: Stream): Terminal => {
  let shown = false;
  const clear = () => {
    if (shown) errors.write('\r\x1b[2K');
    shown = false;
  };
  return {
    clear,
    print(text) {
      clear();
      output.write(`${text}\n`);
    },
    note(text) {
      clear();
      errors.write(`${text}\n`);
    },
    progress(task, done, total) {
      if (errors.isTTY !== true) return;
      const filled = total === 0 ? barWidth : Math.floor((done * barWidth) / total);
      errors.write(`\r\x1b[2K${task} ${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${done}/${total}`);
      shown = true;
      if (done >= total) clear();
    },
  };
};

/** Names come from outside: nothing in them may steer the terminal. */
export const safe = (text: string, limit = 60): string => displayText(stripVTControlCharacters(text), limit);

// What JSON leaves as it is and a terminal obeys: C1 controls and the marks that turn the reading order.
const steering = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON for machines that does no harm on a terminal either: the same value, a few characters escaped. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(
    steering,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A table of finished texts; columns in `right` are aligned to the right. */
export const table = (
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string => {
  const all = [header, ...rows];
  const widths = header.map((_, at) => Math.max(...all.map((row) => [...(row[at] ?? '')].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => {
        const space = ' '.repeat((widths[at] ?? 0) - [...cell].length);
        return right.includes(at) ? `${space}${cell}` : `${cell}${space}`;
      })
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
};
