/** Money and ratios in the page: whole minor units, never a float. Text in, text out. */

/**
 * Exact decimal text as whole units of `decimals` places: "12.50" with 2 is 1250n. Null for empty text.
 * @param {string} text
 * @param {number} decimals
 * @returns {bigint | null}
 */
export const unitsOf = (text, decimals) => {
  if (text === '') return null;
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(decimals, '0'));
};

/** @param {bigint} units @param {number} decimals */
const magnitude = (units, decimals) => {
  const digits = `${units < 0n ? -units : units}`.padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  return decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
};

/** "1,234.50". @param {bigint} units @param {number} decimals */
export const amountText = (units, decimals) => (units < 0n ? '\u2212' : '') + magnitude(units, decimals);

/** "+1,234.50", "\u221280.00", "0.00". @param {bigint} units @param {number} decimals */
export const signedText = (units, decimals) =>
  (units < 0n ? '\u2212' : units > 0n ? '+' : '') + magnitude(units, decimals);

/** "1,234". @param {number} count */
export const countText = (count) => amountText(BigInt(count), 0);
