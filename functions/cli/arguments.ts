/** Arguments as typed values; what cannot be one is a usage error that says how to write it. */
import { type Month, parseMonth, type WindowName, windowNames } from '../core/month.ts';
import { usageError } from '../errors.ts';
import { parseAddress } from '../render/mime.ts';

export const monthArgument = (text: string): Month => {
  try {
    return parseMonth(text);
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : text, 'For example: --month 2026-10', error);
  }
};

export const windowArgument = (text: string): WindowName => {
  const window = windowNames.find((name) => name === text);
  if (window === undefined) throw usageError(`"${text}" is not a window`, `Windows are ${windowNames.join(', ')}.`);
  return window;
};

export const recipientsArgument = (text: string): string[] => [
  ...new Set(text.split(',').map((part) => parseAddress(part.trim()))),
];

const whole = (text: string, least: number, what: string): number => {
  if (!/^\d{1,9}$/.test(text) || parseInt(text, 10) < least)
    throw usageError(`"${text}" is not ${what}`, `Give a whole number from ${least}.`);
  return parseInt(text, 10);
};

export const revisionArgument = (text: string): number => whole(text, 1, 'a revision');
export const limitArgument = (text: string): number => whole(text, 0, 'a number of rows');
export const portArgument = (text: string): number => {
  const port = whole(text, 0, 'a port');
  if (port > 65_535) throw usageError(`"${text}" is not a port`, 'Ports end at 65535; 0 is any that is free.');
  return port;
};

/** `dimension=value`, repeated for more than one. */
export const segmentArgument = (text: string, known: ReadonlyMap<string, string> = new Map()): Map<string, string> => {
  const at = text.indexOf('=');
  if (at < 1) throw usageError(`"${text}" is not a segment`, 'Write dimension=value, for example: --segment plan=Pro');
  return new Map([...known, [text.slice(0, at), text.slice(at + 1)]]);
};

export const executionArgument = (text: string): string => {
  if (/^[\w-]{1,80}$/.test(text)) return text;
  throw usageError(`"${text}" is not the name of a run`, 'For example: --execution scheduled-2026-10');
};
