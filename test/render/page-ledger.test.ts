/** The ledger inside the page: all of it up to a size, exact, and never able to leave its script element. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { exact, sum } from '../../functions/core/money.ts';
import { windowNames } from '../../functions/core/month.ts';
import type { Ledger, LedgerRow } from '../../functions/render/ledger.ts';
import { pageLedger } from '../../functions/render/page-ledger.ts';
import { hostileNames, makeLedger, makeReport } from './fixture.ts';

const rowSchema = z.tuple([
  z.int(),
  z.int(),
  z.int().nullable(),
  z.int().nullable(),
  z.string(),
  z.string(),
  z.array(z.int()),
  z.string(),
  z.string(),
]);
const embeddedSchema = z.strictObject({
  decimals: z.int(),
  movements: z.array(z.string()),
  causes: z.array(z.string()),
  reasons: z.array(z.string()),
  accounts: z.array(z.tuple([z.string(), z.string()])),
  dimensions: z.array(z.strictObject({ name: z.string(), values: z.array(z.string()) })),
  windows: z.partialRecord(z.enum(windowNames), z.strictObject({ total: z.int(), rows: z.array(rowSchema) })),
});
const parsed = (json: string) => embeddedSchema.parse(JSON.parse(json));

const withRows = (change: (row: LedgerRow, index: number) => Partial<LedgerRow>, ledger = makeLedger()): Ledger => ({
  ...ledger,
  windows: ledger.windows.map((window) => ({
    ...window,
    rows: window.rows.map((row, index) => ({ ...row, ...change(row, index) })),
  })),
});

describe('opportunities', () => {
  const textOf = (row: Partial<LedgerRow>): string | undefined => {
    const ledger = makeLedger(1);
    const windows = ledger.windows.map((window) => ({
      ...window,
      rows: window.rows.map((was) => ({ ...was, ...row })),
    }));
    return parsed(pageLedger({ ...ledger, windows }).json).windows.ttm?.rows[0]?.[8];
  };

  test.each([
    ['o-1', '', '', 'o-1'],
    ['o-1;o-2', 'Upsell;', ';', 'o-1 (Upsell); o-2'],
    ['o-1;o-2', ';Renewal', 'Mia;Bo, Jr.', 'o-1 (Mia); o-2 (Renewal, Bo, Jr.)'],
    ['o-1', '</script><b>', '\u202eaiM', 'o-1 (</script><b>, aiM)'],
  ])('%s, %j, %j: %s', (opportunityIds, opportunityTypes, opportunityOwners, text) => {
    expect(textOf({ opportunityIds, opportunityTypes, opportunityOwners })).toBe(text);
  });
});

describe('what it says', () => {
  const ledger = makeLedger();
  const embedded = parsed(pageLedger(ledger).json);

  test.each(windowNames)('every row of %s, as the ledger has it', (name) => {
    const rows = ledger.windows.find(({ window }) => window === name)?.rows ?? [];
    const shown = embedded.windows[name]?.rows.map(
      ([account, movement, cause, reason, openingMrr, closingMrr, segments, invoiceIds, opportunityIds]) => ({
        accountId: embedded.accounts[account]?.[0],
        accountName: embedded.accounts[account]?.[1],
        movement: embedded.movements[movement],
        cause: cause === null ? null : embedded.causes[cause],
        reason: reason === null ? null : embedded.reasons[reason],
        openingMrr,
        closingMrr,
        deltaMrr: exact(closingMrr).minus(exact(openingMrr)).toFixed(2),
        segments: segments.map((at, dimension) => embedded.dimensions[dimension]?.values[at]),
        invoiceIds: invoiceIds.replaceAll('; ', ';'),
        opportunityIds,
      }),
    );
    expect(rows.length).toBeGreaterThan(20);
    const told = rows.map(({ opportunityTypes, opportunityOwners, opportunityJoinedBy, ...row }) => ({
      ...row,
      opportunityIds:
        opportunityJoinedBy === null
          ? row.opportunityIds
          : `${row.opportunityIds} (${opportunityTypes}, ${opportunityOwners})`,
    }));
    expect(shown).toEqual(told);
  });

  test('the movements of each segment, found by its place, add up to its change', () => {
    const { placeOf } = pageLedger(ledger);
    const report = makeReport();
    for (const row of report.segments) {
      const [dimension = -1, value = -1] = placeOf(row.dimension, row.segment)
        .split('.')
        .map((part) => parseInt(part, 10));
      // Who paid nothing at the opening is in no segment.
      const own = (embedded.windows[row.window]?.rows ?? []).filter(
        ([, , , , opening, , segments]) => !exact(opening).isZero() && segments[dimension] === value,
      );
      const change = sum(own.map(([, , , , opening, closing]) => exact(closing).minus(exact(opening))));
      expect(change.toFixed(2), `${row.window} ${row.dimension} ${row.segment}`).toBe(
        exact(row.closingMrr).minus(exact(row.openingMrr)).toFixed(2),
      );
    }
  });

  test('a segment or dimension without movements has no place', () => {
    const { placeOf } = pageLedger(ledger);
    expect(placeOf('plan', 'of nobody')).toBe('');
    expect(placeOf('of nobody', 'Team')).toBe('');
  });

  test('a nameless account goes by its id, and a yen has no decimals', () => {
    const yen = withRows(() => ({ accountName: '', openingMrr: '1200', closingMrr: '0', deltaMrr: '-1200' }));
    const { accounts, decimals } = parsed(pageLedger(yen).json);
    expect(accounts[0]?.[1]).toBe(accounts[0]?.[0]);
    expect(decimals).toBe(0);
  });
});

describe('what it weighs', () => {
  test.each([30_000, 60_000])(
    'at most %d bytes: the largest movements of each window stay, and how many there are is told',
    (limit) => {
      const whole = makeLedger();
      const { json, counts } = pageLedger(whole, limit);
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(limit);
      expect(Buffer.byteLength(json)).toBeGreaterThan(limit / 2);
      const { windows, accounts } = parsed(json);
      for (const { window, rows, total } of whole.windows) {
        const shown = windows[window]?.rows ?? [];
        expect(counts[window]).toEqual({ shown: shown.length, total });
        expect(shown.length).toBeGreaterThan(10);
        expect(shown.map(([account]) => accounts[account]?.[0])).toEqual(
          rows.slice(0, shown.length).map(({ accountId }) => accountId),
        );
      }
    },
  );

  test('a short window leaves its share to the longer ones', () => {
    const ledger = makeLedger();
    const lopsided = {
      ...ledger,
      windows: ledger.windows.map((each) =>
        each.window === 'ttm' ? each : { ...each, rows: each.rows.slice(0, 3), total: 3 },
      ),
    };
    const { counts } = pageLedger(lopsided, 30_000);
    expect(counts.month).toEqual({ shown: 3, total: 3 });
    expect(counts.ttm?.shown).toBeGreaterThan(pageLedger(ledger, 30_000).counts.ttm?.shown ?? 0);
  });

  test('names of five megabytes and lists of ten thousand ids are cut', () => {
    const invoiceIds = Array.from({ length: 10_000 }, (_, index) => `in_${index}`).join(';');
    const long = withRows(() => ({
      accountName: 'x'.repeat(5_000_000),
      reason: 'y'.repeat(5_000_000),
      invoiceIds,
      opportunityIds: '<'.repeat(100_000),
    }));
    const { json } = pageLedger(long, 200_000);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(200_000);
    const [first] = parsed(json).windows.ttm?.rows ?? [];
    expect(first?.[7]).toMatch(/^in_0; in_1; .*; …$/);
    expect(first?.[7].length).toBeLessThan(600);
  });
});

test('hostile text comes back as it is shown everywhere, and cannot end the script', () => {
  const names = [
    ...hostileNames.slice(0, -1),
    '</script><script>alert(1)</script>',
    '<!--<script>',
    ']]>',
    '&lt;\u2028',
  ];
  const name = (index: number) => names[index % names.length] ?? '';
  const hostile = withRows((_, index) => ({
    accountId: `${index} ${name(index)}`,
    accountName: name(index),
    reason: name(index + 1),
    segments: [name(index), name(index + 2), name(index + 3), name(index + 4)],
    invoiceIds: `${name(index + 5)};${name(index + 6)}`,
    opportunityIds: name(index + 7),
  }));
  const { json } = pageLedger(hostile);
  expect(json).not.toMatch(/[<>&\u2028\u2029\u202A-\u202E]/);
  const { accounts } = parsed(json);
  expect(accounts.map(([, shown]) => shown)).toContain('</script><script>alert(1)</script>');
  expect(accounts.every(([id, shown]) => id.isWellFormed() && !/\p{Cc}/u.test(shown))).toBe(true);
});
