/** How a diagnosis is printed: a line a check, with what was seen, what puts it right, and lines to paste. */
import { type Check, exitCodeOf } from '../doctor/check.ts';
import type { Diagnosis } from '../doctor/doctor.ts';
import { jsonText as json, safe, type Terminal } from './terminal.ts';

const longestText = 1_000;
const lineWidth = 110;

/** Words in lines of at most `width`; a longer word stands alone. */
const wrapped = (text: string, width: number): string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
};

const printed = ({ outcome, name, seen, fix, paste }: Check, width: number): string[] => {
  const head = `${outcome.padEnd(4)}  ${safe(name).padEnd(width)}  `;
  const indent = ' '.repeat(head.length);
  const lines = (text: string) => wrapped(safe(text, longestText), lineWidth - head.length);
  return [
    ...lines(seen).map((line, at) => `${at === 0 ? head : indent}${line}`),
    ...(fix === null ? [] : lines(fix).map((line, at) => `${indent}${at === 0 ? '→ ' : '  '}${line}`)),
    ...paste.map((line) => `${indent}    ${safe(line, longestText)}`),
  ];
};

const print = (title: string, { month, checks }: Diagnosis, terminal: Terminal): void => {
  const width = Math.max(...checks.map(({ name }) => name.length));
  terminal.print(`${title}${month === null ? '' : `, at ${month}`}\n`);
  for (const check of checks) for (const line of printed(check, width)) terminal.print(line);
  const count = (outcome: Check['outcome']) => checks.filter((check) => check.outcome === outcome).length;
  terminal.print(`\n${count('fail')} failed, ${count('warn')} warned, ${count('ok')} are well.`);
};

/** Prints the diagnosis under a title and returns the exit code: that of the first check that failed. */
export const tellDiagnosis = (title: string, diagnosis: Diagnosis, asJson: boolean, terminal: Terminal): number => {
  if (asJson) terminal.print(json(diagnosis));
  else print(title, diagnosis, terminal);
  return exitCodeOf(diagnosis.checks);
};
