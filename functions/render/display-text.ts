/** Foreign text made fit to show: a customer's name can carry control characters, bidi tricks or five megabytes. */

/** Characters that steer layout or reading order. The two joiners stay: emoji and several scripts are unreadable without. */
const steering = /(?![\u200C\u200D])\p{Cf}/gu;
const breaking = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu;
const piledMarks = /(\p{M}{3})\p{M}+/gu;

/** A clean string of one line, at most `limit` code points, with an ellipsis where it was cut; "(blank)" when nothing is left. */
export const displayText = (raw: string, limit = 60): string => {
  // Cut roughly first: what follows is linear, but not worth doing on megabytes.
  const rough = raw.slice(0, limit * 16).toWellFormed();
  const clean = rough.replace(steering, '').replace(breaking, ' ').replace(piledMarks, '$1').trim();
  const points = Array.from(clean);
  const cut = points.length > limit || rough.length < raw.length;
  if (clean === '') return '(blank)';
  return cut
    ? `${points
        .slice(0, limit - 1)
        .join('')
        .trimEnd()}…`
    : clean;
};

const ownNames = new Map([
  ['acv_band', 'ACV band'],
  ['cohort_year', 'Cohort year'],
]);

/** A dimension's column name as a heading: `billing_country` becomes "Billing country". */
export const dimensionLabel = (dimension: string): string => {
  const known = ownNames.get(dimension);
  if (known !== undefined) return known;
  const spaced = displayText(dimension.slice(0, 1000).replaceAll('_', ' '), 40);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};
