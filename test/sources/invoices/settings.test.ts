/** The address of an export of invoice lines. */
import { expect, it } from 'vitest';
import { ReportError } from '../../../functions/errors.ts';
import { parseInvoicesAddress } from '../../../functions/sources/invoices/settings.ts';

it.each([
  ['invoices:exports', { dir: 'exports', until: null, end: null }],
  ['invoices:/data/a b', { dir: '/data/a b', until: null, end: null }],
  ['invoices:x?until=2026-09', { dir: 'x', until: '2026-09', end: null }],
  ['invoices:x?end=inclusive&until=2026-09', { dir: 'x', until: '2026-09', end: 'inclusive' }],
])('%s', (address, settings) => {
  expect(parseInvoicesAddress(address)).toEqual(settings);
});

it.each([
  'invoices:',
  'invoices:?until=2026-09',
  'invoices:x?',
  'invoices:x?until=2026-9',
  'invoices:x?until=',
  'invoices:x?end=both',
  'invoices:x?from=2026-01',
  'invoices:x?until=2026-01&until=2026-02',
])('refuses %s with a good one to go by', (address) => {
  const refused = () => parseInvoicesAddress(address);
  expect(refused).toThrow(ReportError);
  expect(refused).toThrow(
    expect.objectContaining({ kind: 'usage', hint: expect.stringContaining('invoices:exports') }),
  );
});
