/** Which opportunities stand behind a movement: by id first, then by account and close date, to the day. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bookOf, type Fields } from '../figures/book.ts';
import { type Home, type Measured, runBook, withHome } from '../figures/measure-book.ts';

const linesOf = (rows: string) => bookOf({ lines: rows });

/** Two months in which each account of the list grows, each with an invoice. */
const growing = (...accounts: readonly string[]) =>
  linesOf(
    `month customer_id mrr invoice_id
${accounts.map((account) => `2026-09 ${account} 100 in-0`).join('\n')}
${accounts.map((account) => `2026-10 ${account} 110 in-1`).join('\n')}`,
  );

const withExport = (book: ReturnType<typeof growing>, opportunities: readonly Fields[], month = '2026-10') => ({
  ...book,
  [month]: { lines: [], ...book[month], opportunities },
});

const won = (id: string, account: string, day: string, more: Fields = {}): Fields => ({
  opportunity_id: id,
  account_id: account,
  close_date: day,
  type: `type of ${id}`.replaceAll(' ', '_'),
  owner: `owner of ${id}`.replaceAll(' ', '_'),
  is_won: 'true',
  ...more,
});

const foundFor = ({ ledger }: Measured, account: string, window = 'month') => {
  const row = ledger.find((each) => each.window === window && each.account_id === account);
  return row === undefined ? null : [row.opportunity_ids, row.opportunity_joined_by];
};

describe('by id', () => {
  it('takes the id of the line that changed, and what the export says of it', async () => {
    const book = withExport(
      linesOf(`
        month    customer_id  item_id  mrr  invoice_id  opportunity_id
        2026-09  ada          i        100  in-0        o-old
        2026-10  ada          i        150  in-1        o-new
        2026-09  bob          i        100  in-0        o-9
        2026-10  bob          i        150  in-1        o-9`),
      // However long ago, and whoever's: what the billing system wrote on the line goes before a guess.
      [won('o-new', 'somebody', '2019-01-01'), won('o-other', 'ada', '2026-10-10')],
    );
    const measured = await runBook(book, '2026-10');
    const [ada, bob] = ['ada', 'bob'].map((id) => measured.ledger.find(({ account_id }) => account_id === id));
    expect(ada).toMatchObject({
      opportunity_ids: 'o-new',
      opportunity_types: 'type_of_o-new',
      opportunity_owners: 'owner_of_o-new',
      opportunity_joined_by: 'id',
    });
    // The largest moves say the same.
    const movers = measured.report.topMovers.filter(({ window }) => window === 'month');
    expect(movers.map((mover) => [mover.accountId, mover.opportunityIds, mover.opportunityOwners])).toEqual([
      ['ada', 'o-new', 'owner_of_o-new'],
      ['bob', 'o-9', ''],
    ]);
    expect(movers[0]?.opportunityTypes).toBe('type_of_o-new');
    // An id that the export does not know stays an id, and is no trace.
    expect(bob).toMatchObject({ opportunity_ids: 'o-9', opportunity_types: '', opportunity_joined_by: '' });
    expect(measured.report.windows.month).toMatchObject({
      traced: { movedMrr: '100.00', byInvoiceMrr: '100.00', byOpportunityMrr: '50.00', tracedMrr: '50.00' },
      tracedShare: '0.500000',
    });
  });

  it('keeps types and owners in the order of the ids, and finds one id in a field of several', async () => {
    const book = withExport(
      linesOf(`
        month    customer_id  item_id  mrr  opportunity_id
        2026-10  ada          a        10   o-3
        2026-10  ada          b        10   o-1;o-x
        2026-10  ada          c        10   o-2
        2026-09  bob          a        10   -`),
      [won('o-2', 'ada', '2026-10-01'), won('o-1', 'ada', '2026-10-01'), won('o-3', 'ada', '')],
    );
    const row = (await runBook(book, '2026-10')).ledger.find(({ account_id }) => account_id === 'ada');
    expect(row).toMatchObject({
      opportunity_ids: 'o-1;o-2;o-3;o-x',
      opportunity_types: 'type_of_o-1;type_of_o-2;type_of_o-3;',
      opportunity_joined_by: 'id',
    });
  });

  it.each([
    ['0061a00000abcde', '0061a00000abcdeAAM'],
    ['0061a00000abcdeAAM', '0061a00000abcde'],
  ])('knows an id of Salesforce in both its lengths: %s on the line, %s in the export', async (line, exported) => {
    const book = withExport(
      linesOf(`
        month    customer_id  mrr  opportunity_id
        2026-09  bob          10   -
        2026-10  ada          10   ${line}`),
      [won(exported, 'x', '2020-01-01')],
    );
    expect(foundFor(await runBook(book, '2026-10'), 'ada')).toEqual([line, 'id']);
  });

  it('does not take ids for one that differ in case, nor others of that length', async () => {
    const book = withExport(
      linesOf(`
        month    customer_id  mrr  opportunity_id
        2026-09  cy           10   -
        2026-10  ada          10   0061a00000abcdE
        2026-10  bob          10   0071a00000abcdeXYZ`),
      [won('0061a00000abcde', 'x', '2020-01-01'), won('0071a00000abcde', 'x', '2020-01-01')],
    );
    const measured = await runBook(book, '2026-10');
    expect(foundFor(measured, 'ada')).toEqual(['0061a00000abcdE', '']);
    expect(foundFor(measured, 'bob')).toEqual(['0071a00000abcdeXYZ', '']);
  });

  it('takes a lost one for no trace', async () => {
    const book = withExport(
      linesOf(`
        month    customer_id  mrr  opportunity_id
        2026-09  bob          10   -
        2026-10  ada          10   o-1`),
      [won('o-1', 'ada', '2026-10-10', { is_won: 'false' })],
    );
    expect(foundFor(await runBook(book, '2026-10'), 'ada')).toEqual(['o-1', '']);
  });

  it('traces by the id on the line alone where there is no export', async () => {
    const book = linesOf(`
      month    customer_id  mrr  invoice_id  opportunity_id
      2026-09  cy           10   -           -
      2026-10  ada          30   in-1        o-1
      2026-10  bob          10   -           o-2
      2026-10  dot          10   in-3        -`);
    const measured = await runBook(book, '2026-10');
    expect(foundFor(measured, 'ada')).toEqual(['o-1', 'id']);
    expect(measured.report.windows.month).toMatchObject({
      traced: { movedMrr: '60.00', byInvoiceMrr: '40.00', byOpportunityMrr: '40.00', tracedMrr: '30.00' },
      tracedShare: '0.500000',
    });
  });
});

describe('by account and close date', () => {
  /** For each day an account that grew in October and whose only opportunity closed on it. */
  const joinedOn = async (days: readonly string[], toleranceDays: number) => {
    const book = withExport(
      growing(...days),
      days.map((day) => won(`o-${day}`, day, day)),
    );
    const measured = await runBook(book, '2026-10', { crm: { columns: {}, toleranceDays } });
    return days.filter((day) => foundFor(measured, day)?.[1] === 'account_and_date');
  };

  // The window is 2026-10-01 to 2026-10-31.
  it.each([
    [45, ['2026-08-17', '2026-09-30', '2026-10-01', '2026-10-31', '2026-11-01', '2026-12-15']],
    [1, ['2026-09-30', '2026-10-01', '2026-10-31', '2026-11-01']],
    [0, ['2026-10-01', '2026-10-31']],
  ])('with a tolerance of %d days, to the day', async (toleranceDays, inside) => {
    const outside = ['2025-10-15', '2026-08-16', '2026-09-29', '2026-11-02', '2026-12-16'];
    const days = [
      ...new Set([...inside, ...(toleranceDays === 45 ? ['2025-10-15', '2026-08-16', '2026-12-16'] : outside)]),
    ];
    expect(
      await joinedOn([...days, ...(toleranceDays === 0 ? ['2026-09-30', '2026-11-01'] : [])], toleranceDays),
    ).toEqual(inside);
  });

  describe('among several', () => {
    let measured: Measured;
    beforeAll(async () => {
      const accounts = ['inside', 'near', 'tie', 'unknown', 'child', 'none', 'undated'];
      const book = withExport(growing(...accounts), [
        won('i-1', 'inside', '2026-10-02'),
        won('i-2', 'inside', '2026-10-30'),
        won('i-3', 'inside', '2026-09-30'),
        won('n-1', 'near', '2026-09-20'),
        won('n-2', 'near', '2026-09-28'),
        won('n-3', 'near', '2026-11-09'),
        won('n-4', 'near', '2026-09-29', { is_won: '0' }),
        won('t-1', 'tie', '2026-09-30'),
        won('t-2', 'tie', '2026-11-01'),
        won('c-1', 'parent', '2026-10-05'),
        won('u-1', 'undated', ''),
      ]);
      const october = book['2026-10'];
      measured = await runBook(
        {
          ...book,
          '2026-10': {
            ...october,
            lines: (october?.lines ?? []).map((line) =>
              line.customer_id === 'unknown' ? { ...line, opportunity_id: 'o-lost' } : line,
            ),
            customers: [{ customer_id: 'child', account_id: 'parent' }],
            opportunities: [...(october?.opportunities ?? []), won('k-1', 'unknown', '2026-10-05')],
          },
        },
        '2026-10',
      );
    });

    it.each([
      ['inside', 'i-1;i-2', 'all that closed inside the window, and none beside it'],
      ['near', 'n-2', 'the nearest beside it'],
      ['tie', 't-1;t-2', 'both of two that are equally near'],
      ['parent', 'c-1', 'that of the account, whoever of its customers moved'],
      ['unknown', 'k-1;o-lost', 'beside an id on the line that nobody knows'],
    ])('%s: %s, %s', (account, ids) => {
      expect(foundFor(measured, account)).toEqual([ids, 'account_and_date']);
    });

    it.each(['none', 'undated'])('%s has none', (account) => {
      expect(foundFor(measured, account)).toEqual(['', '']);
    });
  });

  it('explains no churn: a sale is not why a customer left', async () => {
    const book = withExport(
      linesOf(`
        month    customer_id  mrr  invoice_id  opportunity_id
        2026-09  ada          100  in-1        -
        2026-09  bob          100  in-2        o-2
        2026-10  cy           10   -           -`),
      [won('o-1', 'ada', '2026-10-10'), won('o-2', 'bob', '2024-01-01')],
    );
    const measured = await runBook(book, '2026-10');
    expect(foundFor(measured, 'ada')).toEqual(['', '']);
    // What was lost had been sold: the line says by which opportunity.
    expect(foundFor(measured, 'bob')).toEqual(['o-2', 'id']);
  });

  it('finds the renewal of a contraction', async () => {
    const book = withExport(
      linesOf(`
        month    customer_id  mrr
        2026-09  ada          100
        2026-10  ada          80`),
      [won('o-1', 'ada', '2026-10-10', { type: 'Renewal' })],
    );
    const row = (await runBook(book, '2026-10')).ledger[0];
    expect(row).toMatchObject({ movement: 'contraction', opportunity_ids: 'o-1', opportunity_types: 'Renewal' });
  });
});

describe('which export holds', () => {
  let home: Home;
  let takeDown: () => void;
  let done: Promise<void>;
  beforeAll(async () => {
    await new Promise<void>((ready) => {
      done = withHome(async (opened) => {
        home = opened;
        ready();
        await new Promise<void>((resolve) => {
          takeDown = resolve;
        });
      });
    });
  });
  afterAll(async () => {
    takeDown();
    await done;
  });

  it('is the newest not later than the month, which replaces those before it', async () => {
    const book = growing('ada');
    const [older, newer] = [[won('o-1', 'ada', '2026-10-10')], [won('o-2', 'ada', '2026-10-11')]];
    const found = async (months: typeof book) => {
      await home.write(months);
      return foundFor(await home.run('2026-10'), 'ada')?.[0];
    };
    expect(await found(withExport(book, older, '2026-09'))).toBe('o-1');
    expect(await found(withExport(withExport(book, older, '2026-09'), newer))).toBe('o-2');
    expect(await found(withExport(withExport(book, newer, '2026-11'), older, '2026-09'))).toBe('o-1');
  });

  it('is read again when the settings that it is read by change', async () => {
    const book = withExport(growing('ada'), [won('o-1', 'ada', '10/11/2026', { is_won: '', stage: 'Signed' })]);
    await home.write(book);
    const run = async (crm: object) =>
      foundFor(await home.run('2026-10', { crm: { columns: {}, toleranceDays: 45, ...crm } }), 'ada')?.[1];
    expect(await run({ dateForm: 'MM/DD/YYYY' })).toBe('');
    expect(await run({ dateForm: 'MM/DD/YYYY', won: ['signed'] })).toBe('account_and_date');
    // The tenth of November is within 45 days, and no more within 9.
    expect(await run({ dateForm: 'DD/MM/YYYY', won: ['Signed'], toleranceDays: 10 })).toBe('account_and_date');
    expect(await run({ dateForm: 'DD/MM/YYYY', won: ['Signed'], toleranceDays: 9 })).toBe('');
  });
});

describe('tracedShare', () => {
  it('is null where nothing connects the book with a CRM, and where nothing moved', async () => {
    const unconnected = await runBook(growing('ada'), '2026-10');
    expect(unconnected.report.windows.month).toMatchObject({
      traced: { movedMrr: '10.00', byInvoiceMrr: '10.00', byOpportunityMrr: '0.00', tracedMrr: '0.00' },
      tracedShare: null,
    });
    const still = linesOf(`
      month    customer_id  mrr
      2026-09  ada          100
      2026-10  ada          100`);
    const measured = await runBook(withExport(still, [won('o-1', 'ada', '2026-10-10')]), '2026-10');
    expect(measured.report.windows.month).toMatchObject({ traced: { movedMrr: '0.00' }, tracedShare: null });
  });

  it('is zero where a CRM is there and explains nothing', async () => {
    const measured = await runBook(withExport(growing('ada'), [won('o-1', 'bob', '2026-10-10')]), '2026-10');
    expect(measured.report.windows.month?.tracedShare).toBe('0.000000');
  });

  it('counts what has an invoice and an opportunity, not one or the other', async () => {
    const book = linesOf(`
      month    customer_id  mrr  invoice_id
      2026-09  cy           10   -
      2026-10  both         40   in-1
      2026-10  invoice      30   in-2
      2026-10  opportunity  20   -
      2026-10  neither      20   -`);
    const measured = await runBook(
      withExport(book, [won('o-1', 'both', '2026-10-10'), won('o-2', 'opportunity', '2026-10-10')]),
      '2026-10',
    );
    // cy left with 10 and with nothing to show for it.
    expect(measured.report.windows.month).toMatchObject({
      traced: { movedMrr: '120.00', byInvoiceMrr: '70.00', byOpportunityMrr: '60.00', tracedMrr: '40.00' },
      tracedShare: '0.333333',
    });
  });
});
