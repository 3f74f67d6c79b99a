/** What counts, and why an account that counts no more was lost. */
import { describe, expect, it } from 'vitest';
import { bookOf, gridOf, together } from './book.ts';
import { measureBook, runBook, withHome } from './measure-book.ts';
import { expectFigures, expectLedger } from './statement.ts';

describe('the status of a line', () => {
  it('decides whether it counts, whatever its amount', async () => {
    const measured = await runBook(
      gridOf(`
        account         2026-09       2026-10
        to-active       100           100:active
        to-past-due     100           100:past_due
        to-trialing     100           100:trialing
        to-paused       100           100:paused
        to-free         100           100:free
        to-unpaid       100           100:unpaid
        to-canceled     100           100:canceled
        to-zero         100           0:active
        from-past-due   100:past_due  100
        from-trialing   100:trialing  100
        from-paused     100:paused    100
        from-free       100:free      100
        from-unpaid     100:unpaid    100
        from-canceled   100:canceled  100
        never-counted   100:trialing  100:paused
      `),
      '2026-10',
    );
    expectLedger(
      measured,
      'month',
      `
        account         movement  cause         opening  closing  delta
        to-trialing     churn     unclassified  100.00   0.00     -100.00
        to-paused       churn     paused        100.00   0.00     -100.00
        to-free         churn     unclassified  100.00   0.00     -100.00
        to-unpaid       churn     unclassified  100.00   0.00     -100.00
        to-canceled     churn     unclassified  100.00   0.00     -100.00
        to-zero         churn     unclassified  100.00   0.00     -100.00
        from-trialing   new       -             0.00     100.00   100.00
        from-paused     new       -             0.00     100.00   100.00
        from-free       new       -             0.00     100.00   100.00
        from-unpaid     new       -             0.00     100.00   100.00
        from-canceled   new       -             0.00     100.00   100.00
      `,
    );
    expectFigures(measured.report.windows.month?.total, 'openingAccounts 9  closingAccounts 3  logoRetention 0.333333');
  });
});

describe('the cause of churn', () => {
  const opening = gridOf(`
    account          2026-09
    paused           100
    paused-in-part   100
    failed           100
    decided          100
    silent           100
    unheard-of       100
    both             100
    both-reversed    100
    then-unheard-of  100
    tie-involuntary  100
    tie-voluntary    100
    day-before       100
    first-day        100
    last-day         100
    day-after        100
    loud             100
    retried          100
  `);
  const rest = bookOf({
    lines: `
      month    customer_id     item_id  mrr  status
      2026-10  paused          a        100  paused
      2026-10  paused-in-part  a        60   paused
      2026-10  paused-in-part  b        40   active
      2026-10  retried         a        100  past_due
    `,
    cancellations: `
      month    customer_id      ended_on    reason
      2026-10  paused           2026-10-05  payment_failed
      2026-10  failed           2026-10-05  payment_failed
      2026-10  decided          2026-10-05  too_expensive
      2026-10  unheard-of       2026-10-05  moved_to_mars
      2026-10  both             2026-10-05  too_expensive
      2026-10  both             2026-10-20  payment_failed
      2026-10  both-reversed    2026-10-20  too_expensive
      2026-10  both-reversed    2026-10-05  payment_failed
      2026-10  then-unheard-of  2026-10-05  payment_failed
      2026-10  then-unheard-of  2026-10-06  moved_to_mars
      2026-10  tie-involuntary  2026-10-05  too_expensive
      2026-10  tie-involuntary  2026-10-05  payment_failed
      2026-10  tie-involuntary  2026-10-05  a_mystery
      2026-10  tie-voluntary    2026-10-05  a_mystery
      2026-10  tie-voluntary    2026-10-05  too_expensive
      2026-09  day-before       2026-09-30  payment_failed
      2026-10  first-day        2026-10-01  payment_failed
      2026-10  last-day         2026-10-31  payment_failed
      2026-10  day-after        2026-11-01  payment_failed
      2026-10  loud             2026-10-05  Card-EXPIRED!
      2026-10  retried          2026-10-05  payment_failed
    `,
  });

  it('is a pause, else that of the latest cancellation inside the window, else unclassified', async () => {
    const measured = await runBook(together(opening, rest), '2026-10');
    expectLedger(
      measured,
      'month',
      `
        account          movement     cause         reason           opening  closing
        paused           churn        paused        payment_failed   100.00   0.00
        paused-in-part   contraction  -             -                100.00   40.00
        failed           churn        involuntary   payment_failed   100.00   0.00
        decided          churn        voluntary     too_expensive    100.00   0.00
        silent           churn        unclassified  -                100.00   0.00
        unheard-of       churn        unclassified  moved_to_mars    100.00   0.00
        both             churn        involuntary   payment_failed   100.00   0.00
        both-reversed    churn        voluntary     too_expensive    100.00   0.00
        then-unheard-of  churn        unclassified  moved_to_mars    100.00   0.00
        tie-involuntary  churn        involuntary   payment_failed   100.00   0.00
        tie-voluntary    churn        voluntary     too_expensive    100.00   0.00
        day-before       churn        unclassified  -                100.00   0.00
        first-day        churn        involuntary   payment_failed   100.00   0.00
        last-day         churn        involuntary   payment_failed   100.00   0.00
        day-after        churn        unclassified  -                100.00   0.00
        loud             churn        involuntary   Card-EXPIRED!    100.00   0.00
      `,
    );
    expectFigures(
      measured.report.windows.month?.total,
      'churnMrr 1500.00  pausedChurnMrr 100.00  involuntaryChurnMrr 600.00  voluntaryChurnMrr 300.00  unclassifiedChurnMrr 500.00',
    );
    // (40 + 100 of the retried + 600 that failed) / 1700
    expectFigures(measured.report.windows.month?.total, 'closingMrr 140.00  ndr 0.082353  ndrExInvoluntary 0.435294');
  });

  it('follows the reason map of the configuration before the usual one', async () => {
    const { windows } = await measureBook(together(opening, rest), '2026-10', {
      reasonMap: { moved_to_mars: 'voluntary', 'payment failed': 'voluntary' },
    });
    expectFigures(
      windows.month?.bridge,
      'involuntaryChurn 100.00  voluntaryChurn 1000.00  pausedChurn 100.00  unclassifiedChurn 300.00',
    );
  });

  it('of an account is that of any of its customers', async () => {
    const measured = await runBook(
      together(
        gridOf('account 2026-09 2026-10\nleft 60 -\nright 40 -\nsleeper 100 -\nidle 100 100:paused'),
        bookOf({
          customers: `
            month    customer_id  account_id
            2026-09  left         firm
            2026-09  right        firm
            2026-09  idle         sleeper
          `,
          cancellations: `
            month    customer_id  ended_on    reason
            2026-10  left         2026-10-03  too_expensive
            2026-10  right        2026-10-04  not_paid
            2026-10  sleeper      2026-10-04  not_paid
          `,
        }),
      ),
      '2026-10',
    );
    expectLedger(
      measured,
      'month',
      'account movement cause opening\nfirm churn involuntary 100.00\nsleeper churn paused 200.00',
    );
  });

  it('changes when a cancellation arrives late, and the report says so', async () => {
    const early = gridOf('account 2026-08 2026-09 2026-10\nlost 100 100 -\nkept 100 100 100');
    const late = together(
      early,
      gridOf('account 2026-11\nkept 100'),
      bookOf({ cancellations: 'month customer_id ended_on reason\n2026-11 lost 2026-10-15 payment_failed' }),
    );
    await withHome(async (home) => {
      await home.write(early);
      const first = (await home.run('2026-10')).report;
      expectFigures(first.windows.month?.bridge, 'unclassifiedChurn 100.00  involuntaryChurn 0.00');

      await home.write(late);
      const november = (await home.run('2026-11')).report;
      expect(november.gates.map(({ code }) => code)).toContain('LATE_ROWS');
      expect(november.restatement?.earlierMonths).toContainEqual({
        month: '2026-10',
        window: 'month',
        figure: 'involuntaryChurnMrr',
        was: '0.00',
        now: '100.00',
      });

      const again = (await home.run('2026-10')).report;
      expect(again.revision).toBe(2);
      expectFigures(again.windows.month?.bridge, 'unclassifiedChurn 0.00  involuntaryChurn 100.00');
      expect(again.restatement?.changes).toContainEqual({
        figure: 'windows.month.total.ndrExInvoluntary',
        was: '0.500000',
        now: '1.000000',
      });
    });
  });
});
