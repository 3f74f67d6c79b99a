/** Dimension columns of what people keep with their customers. */
import { expect, it } from 'vitest';
import { dimensionColumns } from '../../../functions/sources/billing/dimensions.ts';

it('are all that have a value, in order, but for names that mean something else', () => {
  const entries = [
    ['region', 'EMEA'],
    ['Name', 'not this one'],
    ['ACV_band', 'nor this'],
    ['plan', 'Team'],
    ['empty', ''],
    ['', 'nameless'],
    ['Group', 'cus_9'],
  ] as const;
  expect(Object.entries(dimensionColumns(entries, null, ['group', null]))).toEqual([
    ['plan', 'Team'],
    ['region', 'EMEA'],
  ]);
});

it('of names that differ in case alone are one: in lower case, or as it is asked for', () => {
  const entries = [
    ['plan', 'one'],
    ['Plan', ''],
    ['PLAN', 'another'],
  ] as const;
  expect(dimensionColumns(entries, null)).toEqual({ plan: 'another' });
  expect(dimensionColumns(entries.slice(0, 2), ['Plan'])).toEqual({ Plan: 'one' });
  expect(dimensionColumns(entries, ['region'])).toEqual({});
});
