/** Amounts of the sample as whole ten-thousandths of a currency unit: sums are exact and no float rounds. */

/** Ten-thousandths of one unit. */
export const unitParts = 10_000;

/** Half away from zero, for amounts from zero up. */
export const dividedBy = (amount: number, by: number): number => Math.floor((2 * amount + by) / (2 * by));

/** Plain decimal text with two to four decimals. */
export const amountText = (amount: number): string => {
  const text = `${amount % unitParts}`.padStart(4, '0').replace(/0{1,2}$/, '');
  return `${Math.floor(amount / unitParts)}.${text}`;
};
