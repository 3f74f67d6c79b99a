/** What lines of invoices and credit notes come to, and what an end within a period takes back. */
import { describe, expect, it } from 'vitest';
import { chargesOf, counts } from '../../../../functions/sources/stripe/invoiced/charges.ts';
import { cutAt, cutAtResets } from '../../../../functions/sources/stripe/invoiced/cut.ts';
import { readBilledInvoice, readCreditNote } from '../../../../functions/sources/stripe/invoiced/objects.ts';
import { servedUntil } from '../../../../functions/sources/stripe/invoiced/served-until.ts';
import { at, type Credit, creditNoteOf, invoiceOf, type Line, type Raw } from './objects.ts';

const october = { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' };
const line = (changes: Partial<Line> = {}): Line => ({
  id: 'il_1',
  sub: 'sub_1',
  amount: 10_000,
  ...october,
  ...changes,
});

type Given = {
  readonly lines?: readonly Line[];
  readonly credits?: readonly Credit[];
  readonly void?: boolean;
  readonly ended?: string;
  /** When the credits were noted, all on one note or each on its own. */
  readonly noted?: readonly string[];
  readonly changes?: Raw;
};

const charged = (given: Given = {}) => {
  const { lines = [line()], credits = [], changes = {}, ended } = given;
  const bill = invoiceOf({ id: 'in_1', customer: 'cus_1', on: '2026-10-01T00:00:00Z', lines });
  const invoice = readBilledInvoice({ ...bill, ...changes });
  const { noted = ['2026-10-20T00:00:00Z'] } = given;
  const notes = noted.flatMap((on, number) => {
    const own = noted.length === 1 ? credits : credits.slice(number, number + 1);
    const note = readCreditNote(creditNoteOf(bill, on, own, given.void === true ? 'void' : 'issued'));
    return own.length === 0 ? [] : [{ note, lines: note.lines.data }];
  });
  return chargesOf({ invoice, customer: 'cus_1', lines: invoice.lines.data, credits: notes }, () =>
    ended === undefined ? null : at(ended),
  );
};

const nets = (given?: Given) =>
  charged(given)
    .charges.filter(counts)
    .map(({ id, net }) => `${id} ${net}`);

describe('a line', () => {
  it.each<[told: string, changes: Partial<Line>, net: number]>([
    ['as it is', {}, 10_000],
    ['net of its discount', { discount: 2_500 }, 7_500],
    ['without the tax that the price includes', { includedTax: 1_597 }, 8_403],
    ['with a discount, and tax in what is left', { discount: 2_000, includedTax: 1_277 }, 6_723],
    ['whatever tax is added to it', { addedTax: 1_900 }, 10_000],
    ['that takes back', { amount: -4_200, proration: true }, -4_200],
  ])('%s', (_told, changes, net) => expect(nets({ lines: [line(changes)] })).toEqual([`il_1 ${net}`]));

  it.each<[told: string, given: Given]>([
    ['of a void invoice', { changes: { status: 'void' } }],
    ['of one that was written off', { changes: { status: 'uncollectible' } }],
    ['of a draft', { changes: { status: 'draft' } }],
    ['of nothing', { lines: [line({ amount: 0 })] }],
    ['of no time', { lines: [line({ to: october.from })] }],
  ])('%s counts nothing', (_told, given) => expect(nets(given)).toEqual([]));

  it('of an open invoice counts', () => expect(nets({ changes: { status: 'open' } })).toEqual(['il_1 10000']));

  it('without a subscription is charged once, even where it has a time', () => {
    const { sub: _, ...once } = line();
    expect(charged({ lines: [once] }).charges).toMatchObject([
      { subscription: null, period: null, product: 'prod_core' },
    ]);
  });

  it('that was prorated as an item of its own belongs to its subscription', () => {
    const added = (proration: boolean) => ({
      type: 'invoice_item_details',
      subscription_item_details: null,
      invoice_item_details: { invoice_item: 'ii_1', proration, subscription: 'sub_9' },
    });
    const { lines } = invoiceOf({ id: 'in_1', customer: 'cus_1', on: october.from, lines: [line()] });
    const as = (proration: boolean) =>
      charged({ changes: { lines: { data: lines.data.map((one) => ({ ...one, parent: added(proration) })) } } })
        .charges;
    expect(as(true)).toMatchObject([{ subscription: 'sub_9', item: null, period: { start: at(october.from) } }]);
    expect(as(false)).toMatchObject([{ subscription: null, period: null }]);
  });

  it('of a price that Stripe no longer tells has a product all the same', () => {
    const { lines } = invoiceOf({ id: 'in_1', customer: 'cus_1', on: october.from, lines: [line()] });
    const changes = { lines: { data: lines.data.map((one) => ({ ...one, pricing: null })) } };
    expect(charged({ changes }).charges).toMatchObject([{ product: 'other' }]);
  });
});

describe('a credit note', () => {
  const part: Credit = { id: 'cnli_1', of: 'il_1', amount: 3_000 };

  it('takes its part off the line for all of its time', () => {
    expect(nets({ credits: [part] })).toEqual(['il_1 10000', 'cnli_1 -3000']);
    expect(charged({ credits: [part] }).charges[1]).toMatchObject({
      item: 'si_1',
      period: { start: at(october.from), end: at(october.to) },
    });
  });

  it('is net of discount and included tax, as its line is', () =>
    expect(nets({ credits: [{ ...part, discount: 500, includedTax: 400 }] })).toEqual(['il_1 10000', 'cnli_1 -2100']));

  it('that is void takes nothing', () => expect(nets({ credits: [part], void: true })).toEqual(['il_1 10000']));

  it('in words takes nothing and is counted', () => {
    const words = { id: 'cnli_1', amount: 3_000 };
    expect(nets({ credits: [words] })).toEqual(['il_1 10000']);
    expect(charged({ credits: [words] }).unplaced).toBe(1);
  });

  it.each<[told: string, credits: readonly Credit[]]>([
    ['line by line', [{ ...part, amount: 10_000 }]],
    ['in words', [{ id: 'cnli_1', amount: 10_000 }]],
    ['with its tax', [{ ...part, amount: 10_000, addedTax: 1_900 }]],
  ])('of all there was, %s, leaves nothing', (_told, credits) => {
    expect(nets({ credits })).toEqual([]);
    expect(charged({ credits })).toMatchObject({ creditedInFull: true, unplaced: 0 });
  });

  it('of a subscription that ended within the period is no second deduction, unless it is all of the line', () => {
    const ended = '2026-10-16T12:00:00Z';
    const lines = [line(), line({ id: 'il_2', item: 'si_2' })];
    expect(nets({ lines, credits: [part], ended })).toEqual(['il_1 10000', 'il_2 10000']);
    const all = { ...part, amount: 10_000 };
    expect(nets({ lines, credits: [all], ended })).toEqual(['il_1 10000', 'il_2 10000', 'cnli_1 -10000']);
    const halves = [
      { ...part, amount: 5_000 },
      { ...part, id: 'cnli_2', amount: 5_000 },
    ];
    const both = ['il_1 10000', 'il_2 10000', 'cnli_1 -5000', 'cnli_2 -5000'];
    expect(nets({ lines, credits: halves, ended })).toEqual(both);
  });

  it('of before the end is a deduction, that of the end itself is not', () => {
    const credits = [
      { ...part, amount: 5_000 },
      { ...part, id: 'cnli_2', amount: 2_000 },
    ];
    const ended = '2026-10-16T12:00:00Z';
    const given = { credits, ended, noted: ['2026-10-04T00:00:00Z', '2026-10-16T02:00:00Z'] };
    expect(nets(given)).toEqual(['il_1 10000', 'cnli_1 -5000']);
    // What is left of the line is cut, and no more.
    expect(cutAt(charged(given).charges, at(ended)).map(({ net }) => net)).toEqual([-2_500]);
  });
});

describe('a billing date that is set anew', () => {
  const resets = (lines: readonly Line[]) =>
    cutAtResets(charged({ lines }).charges).map(({ id, net, period }) => [id, net, period?.start, period?.end]);
  const anew = '2026-10-16T12:00:00Z';
  const year = line({ id: 'il_2', from: anew, to: '2027-10-16T12:00:00Z', amount: 120_000 });

  it('ends what the same item was charged before', () =>
    expect(resets([year, line()])).toEqual([['il_1 replaced', -5_000, at(anew), at(october.to)]]));

  it.each<[told: string, lines: readonly Line[]]>([
    ['of another item', [line(), { ...year, item: 'si_2' }]],
    ['of a part of a period', [line(), { ...year, proration: true }]],
    ['that begins with the other, as a tier does', [line(), { ...year, from: october.from }]],
    ['that begins when the other has ended', [line(), { ...year, from: october.to }]],
    ['that ends with it', [line(), { ...year, to: october.to }]],
    ['after a credit', [line(), year, line({ id: 'il_3', from: anew, amount: -5_000, proration: true })]],
    [
      'after a credit without an item',
      [line(), year, line({ id: 'il_3', from: anew, amount: -5_000, proration: true, added: true })],
    ],
  ])('a line %s ends nothing', (_told, lines) => expect(resets(lines)).toEqual([]));

  it('is each of several', () => {
    const later = { to: '2026-12-05T00:00:00Z', amount: 10_000 };
    const cuts = resets([
      line({ ...year, from: october.from }),
      line({ ...later, id: 'il_3', from: '2026-11-05T00:00:00Z' }),
    ]);
    expect(cuts.map(([id, , start]) => [id, start])).toEqual([['il_2 replaced', at('2026-11-05T00:00:00Z')]]);
  });
});

describe('what was served', () => {
  const until = (lines: readonly Line[], credits: readonly Credit[] = []) =>
    servedUntil(charged({ lines, credits }).charges);
  const half = { from: '2026-10-16T12:00:00Z', proration: true };

  it('lasts until what was charged for ends', () => {
    expect(until([line(), line({ id: 'il_2', from: october.to, to: '2026-12-01T00:00:00Z' })])).toBe(
      at('2026-12-01T00:00:00Z'),
    );
    expect(until([line({ amount: 1 })])).toBe(at(october.to));
    expect(until([line({ amount: 0 })])).toBeNull();
  });

  it('ends where the rest was taken back, to the cent', () => {
    expect(until([line(), line({ ...half, id: 'il_2', amount: -5_000 })])).toBe(at(half.from));
    expect(until([line(), line({ ...half, id: 'il_2', amount: -4_999 })])).toBe(at(half.from));
    expect(until([line(), line({ ...half, id: 'il_2', amount: -4_000 })])).toBe(at(october.to));
  });
});

describe('an end within a period', () => {
  const ended = at('2026-10-16T12:00:00Z');
  const cut = (lines: readonly Line[], when = ended) =>
    cutAt(charged({ lines }).charges, when).map(({ id, net, period }) => [id, net, period?.start, period?.end]);

  it('takes back what was charged for the time after it', () =>
    expect(cut([line()])).toEqual([['il_1 ended', -5_000, ended, at(october.to)]]));

  it('takes back what Stripe has not, of changes before it', () => {
    const changed = { from: '2026-10-11T00:00:00Z', proration: true };
    const [back, more] = [
      line({ ...changed, id: 'il_2', amount: -6_774 }),
      line({ ...changed, id: 'il_3', amount: 13_548 }),
    ];
    // 15.5 of 31 days at 100, and 15.5 of 21 days of 67.74 more.
    expect(cut([line(), back, more])).toEqual([['il_3 ended', -10_000, ended, at(october.to)]]);
    const own = line({ id: 'il_4', from: '2026-10-16T12:00:00Z', amount: -5_000, proration: true });
    expect(cut([line(), own])).toEqual([]);
  });

  it('is one for each item, and none at the end of a period or where all was taken back', () => {
    expect(cut([line(), line({ id: 'il_2', item: 'si_2', amount: 2_000 })])).toHaveLength(2);
    expect(cut([line()], at(october.to))).toEqual([]);
    expect(cut([line(), line({ id: 'il_2', amount: -10_000 })])).toEqual([]);
    expect(cut([line({ amount: 1 })])).toEqual([]);
  });

  it('takes back no more where a credit names no item: those of its product are less by it first', () => {
    const credit = line({ id: 'il_2', from: '2026-10-16T12:00:00Z', amount: -5_000, proration: true, added: true });
    expect(cut([line(), credit])).toEqual([]);
    const other = line({ id: 'il_3', item: 'si_3', product: 'prod_seats', amount: 20_000 });
    expect(cut([line(), credit, other])).toEqual([['il_3 ended', -10_000, ended, at(october.to)]]);
    expect(cut([credit, other])).toEqual([['il_3 ended', -5_000, ended, at(october.to)]]);
  });
});
