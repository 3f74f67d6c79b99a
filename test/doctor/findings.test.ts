/** What is said of reasons, dimensions and currencies, whoever found them. */
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../functions/core/config.ts';
import { counted, exitCodeOf, fail, ok, some, warn } from '../../functions/doctor/check.ts';
import {
  dimensionsCheck,
  rateLines,
  reasonsCheck,
  tooManyDimensions,
  unknownAmong,
} from '../../functions/doctor/findings.ts';

const known = new Set(['too_expensive']);
const told = (reasons: readonly string[]) =>
  reasonsCheck({ ...unknownAmong(reasons, known), among: 'the cancellations of 2026-10' });

describe('reasons', () => {
  it('that all have a cause are well', () => {
    expect(told(['Too expensive!', 'too_expensive'])).toMatchObject({ outcome: 'ok', paste: [] });
    expect(told([])).toMatchObject({ outcome: 'ok' });
  });

  it('that nobody knows come as lines of the reason map, the most frequent first, one spelling each', () => {
    const check = told(['moved abroad', 'Gone', 'gone', 'too_expensive', 'GONE']);
    expect(check.outcome).toBe('warn');
    expect(check.seen).toBe(
      '2 reasons that the reason map does not know, in 4 cancellations (the cancellations of 2026-10): unclassified as they stand',
    );
    expect(check.paste).toEqual(['"gone": "voluntary or involuntary",', '"moved_abroad": "voluntary or involuntary",']);
  });

  it('are lines that the configuration refuses until somebody has decided, and takes then', () => {
    const lines = told(['gone', 'moved abroad']).paste.join('\n').replace(/,$/, '');
    const settings = (text: string): unknown => JSON.parse(`{ "reasonMap": { ${text} } }`);
    expect(configSchema.safeParse(settings(lines)).success).toBe(false);
    expect(configSchema.safeParse(settings(lines.replaceAll('voluntary or involuntary', 'voluntary'))).success).toBe(
      true,
    );
  });

  it('that were never told are counted and not to be mapped', () => {
    const check = told(['not_told', 'not_told', 'gone']);
    expect(check.seen).toContain('2 cancellations without any reason');
    expect(check.paste).toEqual(['"gone": "voluntary or involuntary",']);
    expect(check.fix).toContain('recorded when a subscription is cancelled');
  });

  it('that have no letter of the map, or are far too long, are counted alone', () => {
    const check = told(['解約', 'x'.repeat(300)]);
    expect(check.seen).toContain('2 more reasons that cannot be mapped one by one');
    expect(check.paste).toEqual([]);
  });

  it('hold nothing of what was written but letters, digits and underscores', () => {
    const [line] = told(['"}\u001b[31m\u202e<script>, "price": "x']).paste;
    expect(line).toBe('"31m_script_price_x": "voluntary or involuntary",');
  });

  it('of which there are very many are twenty lines and a count', () => {
    const check = told(Array.from({ length: 50 }, (_, at) => `odd ${at}`));
    expect(check.paste).toHaveLength(20);
    expect(check.seen).toContain('50 reasons that the reason map does not know, in 50 cancellations');
  });
});

describe('dimensions', () => {
  const without = (counts: Record<string, number>) =>
    dimensionsCheck({
      without: Object.entries(counts).map(([name, count]) => ({ name, count })),
      among: '12 accounts that pay in 2026-10',
    });

  it('without a gap are well', () => expect(without({ plan: 0, region: 0 })).toMatchObject({ outcome: 'ok' }));

  it('with gaps are told by their counts', () => {
    const check = without({ plan: 3, region: 0 });
    expect(check).toMatchObject({ outcome: 'warn' });
    expect(check.seen).toBe('3 without plan, of 12 accounts that pay in 2026-10');
  });

  it('that nobody has are worth a word', () => expect(without({})).toMatchObject({ outcome: 'warn' }));

  it('with names that are novels are cut', () =>
    expect(without({ ['n'.repeat(500)]: 1 }).seen.length).toBeLessThan(150));

  it('of which there are more than a report shows stop a run', () => {
    const names = Array.from({ length: 9 }, (_, at) => `key_${at}`);
    expect(tooManyDimensions(names, 'Choose.')).toMatchObject({ outcome: 'fail', kind: 'usage', fix: 'Choose.' });
    expect(tooManyDimensions(names.slice(1), 'Choose.')).toBeNull();
  });
});

describe('lines of missing rates', () => {
  const gaps = [
    { currency: 'GBP', month: '2025-10' },
    { currency: 'EUR', month: '2025-10' },
    { currency: 'EUR', month: '2026-10' },
  ];

  it('go into a new file a month, with its header, where there is none', () => {
    expect(rateLines(gaps, 'USD', (month) => ({ name: `${month}/fx.csv`, present: false }))).toEqual([
      '2025-10/fx.csv, a new file:',
      'currency,rate',
      'EUR,<USD for 1 EUR>',
      'GBP,<USD for 1 GBP>',
      '2026-10/fx.csv, a new file:',
      'currency,rate',
      'EUR,<USD for 1 EUR>',
    ]);
  });

  it('go into the file that holds already: a new one would take its other rates away', () => {
    expect(rateLines(gaps, 'USD', () => ({ name: '2025-09/fx.csv', present: true }))).toEqual([
      '2025-09/fx.csv, to be added:',
      'EUR,<USD for 1 EUR>',
      'GBP,<USD for 1 GBP>',
    ]);
  });
});

describe('a list of checks', () => {
  it('ends with the code of the first that failed', () => {
    const [well, odd] = [ok('a', ''), warn('b', '', '')];
    const [setting, gate, account] = (['usage', 'blocked', 'dependency'] as const).map((kind) =>
      fail('c', kind, '', ''),
    );
    expect(exitCodeOf([well, odd])).toBe(0);
    expect(exitCodeOf([well, account!, gate!])).toBe(4);
    expect(exitCodeOf([odd, gate!, account!])).toBe(3);
    expect(exitCodeOf([setting!, gate!])).toBe(2);
  });

  it('counts and cuts in words', () => {
    expect([counted(1, 'line'), counted(2, 'line'), counted(0, 'reply', 'replies')]).toEqual([
      '1 line',
      '2 lines',
      '0 replies',
    ]);
    expect(some(['a', 'b', 'c'], 2)).toBe('a, b … 3 in all');
    expect(some(['a', 'b'], 2)).toBe('a, b');
  });
});
