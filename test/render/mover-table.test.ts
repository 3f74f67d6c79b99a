/** What the table of the largest moves says of why an account moved. */
import { expect, it } from 'vitest';
import type { TopMover } from '../../functions/core/report.ts';
import { moverTable } from '../../functions/render/mover-table.ts';
import { makeReport } from './fixture.ts';

const mover: TopMover = {
  window: 'month',
  accountId: 'acme',
  accountName: 'Acme',
  movement: 'expansion',
  cause: null,
  reason: null,
  openingMrr: '100.00',
  closingMrr: '150.00',
  deltaMrr: '50.00',
  opportunityIds: '',
  opportunityTypes: '',
  opportunityOwners: '',
};

const whyOf = (more: Partial<TopMover>): string | undefined =>
  moverTable(makeReport({ topMovers: [{ ...mover, ...more }] }), 'month', 1)[0]?.why;

it.each([
  [{}, 'Expansion'],
  [{ opportunityIds: 'o-1' }, 'Expansion: opportunity o-1'],
  [{ opportunityIds: 'o-1', opportunityTypes: 'Upsell' }, 'Expansion: Upsell'],
  [{ opportunityIds: 'o-1', opportunityTypes: 'Upsell', opportunityOwners: 'Mia' }, 'Expansion: Upsell by Mia'],
  [{ opportunityIds: 'o-1', opportunityOwners: 'Mia' }, 'Expansion: opportunity by Mia'],
  [
    { opportunityIds: 'o-1;o-2;o-3', opportunityTypes: ';Upsell;', opportunityOwners: 'Mia;Bo;' },
    'Expansion: opportunity by Mia and 2 more',
  ],
  [{ movement: 'churn', cause: 'involuntary', reason: 'card_expired' }, 'Churn, involuntary: card_expired'],
  [{ movement: 'churn', cause: 'unclassified', opportunityIds: 'o-1' }, 'Churn, unclassified'],
] satisfies [Partial<TopMover>, string][])('%j: %s', (more, why) => expect(whyOf(more)).toBe(why));

it('makes hostile ids, types and owners one clean line each', () => {
  const told = { opportunityIds: 'o-1', opportunityTypes: '\u202eUp\nsell', opportunityOwners: 'M'.repeat(5000) };
  expect(whyOf(told)).toBe(`Expansion: Up sell by ${'M'.repeat(29)}…`);
  expect(whyOf({ opportunityIds: '\u001b[2Jo\n1' })).toBe('Expansion: opportunity [2Jo 1');
});
