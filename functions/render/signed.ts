/** Changes: the one place that owns arrow, sign, colour and unit, so that no two parts of the report can disagree. */
import { Decimal } from 'decimal.js';
import { type Exact, exact } from '../core/money.ts';
import { amountText, notAvailable } from './formats.ts';

export type Tone = 'good' | 'bad' | 'flat';

/** A finished change. `plain` has sign and unit; `text` adds the arrow; `verdict` says in a word what the colour says. */
export type Signed = {
  readonly plain: string;
  readonly text: string;
  readonly verdict: string;
  readonly tone: Tone;
  /** Ink for a light background; the tone is the class that a dark one overrides. */
  readonly colour: string;
};

/** Whether a rise is good news for a figure. */
export type Better = 'up' | 'down' | 'neither';

export const toneColours: Readonly<Record<Tone, string>> = { good: '#0b6b4f', bad: '#a8321f', flat: '#4b5768' };

const minus = '\u2212';
const verdicts: Readonly<Record<Tone, string>> = { good: 'better', bad: 'worse', flat: '' };

const toneOf = (rises: boolean, better: Better): Tone => {
  if (better === 'neither') return 'flat';
  return rises === (better === 'up') ? 'good' : 'bad';
};

/** `magnitude` is the finished text of the absolute, rounded value; `value` is rounded the same way. */
const signed = (value: Exact, magnitude: string, better: Better): Signed => {
  if (value.isZero()) {
    return { plain: magnitude, text: magnitude, verdict: 'no change', tone: 'flat', colour: toneColours.flat };
  }
  const rises = value.isPositive();
  const tone = toneOf(rises, better);
  const plain = `${rises ? '+' : minus}${magnitude}`;
  return { plain, text: `${rises ? '▲' : '▼'} ${plain}`, verdict: verdicts[tone], tone, colour: toneColours[tone] };
};

const unknown: Signed = {
  plain: notAvailable,
  text: notAvailable,
  verdict: '',
  tone: 'flat',
  colour: toneColours.flat,
};

/** The change between two ratios in percentage points: "▲ +1.2 pp". Unknown when either ratio is. */
export const signedPoints = (now: Exact | null, before: Exact | null, better: Better): Signed => {
  if (now === null || before === null) return unknown;
  const points = now.minus(before).times(100).toDecimalPlaces(1, Decimal.ROUND_HALF_UP);
  return signed(points, `${amountText(points.abs().toFixed(1))}\u00a0pp`, better);
};

/** An amount that adds to the book or takes from it: "+1,200.00", "−80.00", "0.00". Decimals stay as they are stated. */
export const signedAmount = (amount: string, better: Better): Signed =>
  signed(exact(amount), amountText(amount.replace('-', '')), better);
