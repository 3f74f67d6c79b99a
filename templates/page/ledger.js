/** The ledger that the page carries, read when it is first asked for, and asked by window, segment, movement and cause. */
import { unitsOf } from './amounts.js';

/**
 * A movement: opening and closing in whole minor units.
 * @typedef {{
 *   id: string, name: string, movement: string, cause: string, reason: string,
 *   opening: bigint, closing: bigint, segments: number[], invoices: string, opportunities: string, words: string,
 * }} Move
 * @typedef {{ text: string, movement: string, cause: string, dimension: number, value: number }} Question
 */

/** @type {any} what `page-ledger.ts` wrote */
let carried = null;

const read = () => {
  carried ??= JSON.parse(document.getElementById('ledger')?.textContent ?? 'null');
  return carried;
};

export const hasLedger = () => document.getElementById('ledger') !== null;

/** @returns {number} */
export const moneyDecimals = () => read().decimals;

/** @returns {{ movements: string[], causes: string[] }} */
export const words = () => read();

/** @type {Map<string, Move[]>} */
const moves = new Map();

/** Every movement of a window that the page carries, largest first. @param {string} window @returns {Move[]} */
const movesOf = (window) => {
  const known = moves.get(window);
  if (known) return known;
  const { accounts, movements, causes, reasons, windows, decimals } = read();
  /** @type {Move[]} */
  const made = windows[window].rows.map((/** @type {any[]} */ row) => {
    const [account, movement, cause, reason, opening, closing, segments, invoices, opportunities] = row;
    const [id, name] = accounts[account];
    return {
      id,
      name,
      movement: movements[movement],
      cause: cause === null ? '' : causes[cause],
      reason: reason === null ? '' : reasons[reason],
      opening: unitsOf(opening, decimals) ?? 0n,
      closing: unitsOf(closing, decimals) ?? 0n,
      segments,
      invoices,
      opportunities,
      words: `${id} ${name} ${invoices} ${opportunities}`.toLowerCase(),
    };
  });
  moves.set(window, made);
  return made;
};

/** How many rows of a window the page carries, and how many there are. @param {string} window */
export const extent = (window) => {
  const { rows, total } = read().windows[window];
  return { shown: rows.length, total };
};

/**
 * A segment is where an account stood at the opening: who was not there then is in none.
 * @param {string} window
 * @param {Question} question
 * @returns {Move[]}
 */
export const ask = (window, { text, movement, cause, dimension, value }) => {
  const wanted = text.trim().toLowerCase();
  return movesOf(window).filter(
    (move) =>
      (movement === '' || move.movement === movement) &&
      (cause === '' || move.cause === cause) &&
      (dimension < 0 || (move.opening > 0n && move.segments[dimension] === value)) &&
      move.words.includes(wanted),
  );
};

/** @param {Move[]} found */
export const sumsOf = (found) => {
  let opening = 0n;
  let closing = 0n;
  for (const move of found) {
    opening += move.opening;
    closing += move.closing;
  }
  return { opening, closing, change: closing - opening };
};
