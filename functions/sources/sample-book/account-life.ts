/** The life of one account of the sample: trial, growth, failed payments, pauses, the end, sometimes a return. */
import { addMonths, type Month } from '../../core/month.ts';
import { amountText } from './amounts.ts';
import { declineCodes, habits, involuntaryReasons, unknownReasons, voluntaryReasons } from './catalog.ts';
import { changeUsage, contract, expand, raisePrices } from './changes.ts';
import type { Dice } from './dice.ts';
import type { Profile } from './profile.ts';
import { openSubscriptions } from './profile.ts';
import { invoiceAmount, monthly, type Subscription } from './subscription.ts';

/** A row of a table by column; text as it will be written. */
export type SampleRow = Readonly<Record<string, string>>;

export type Happenings = {
  readonly lines: SampleRow[];
  readonly cancellations: SampleRow[];
  readonly payments: SampleRow[];
};

export type Life = {
  readonly profile: Profile;
  /** The plan that the account is on, or was on last. */
  plan(): string;
  /** Lives through one month, counted from the first of the book, and tells its rows. Months come in order. */
  live(at: number, month: Month): Happenings;
};

type State = 'unborn' | 'trialing' | 'active' | 'past_due' | 'paused' | 'gone';

const invoicesMissed = { 1: 1, 3: 2, 12: 4 } as const;

const dayOf = (month: Month, day: number): string => `${month}-${`${day}`.padStart(2, '0')}`;

const lineOf = (
  profile: Profile,
  subscription: Subscription,
  at: number,
  month: Month,
  status: string,
): SampleRow[] => {
  const { interval, currency, start, day } = profile;
  const untilRenewal = interval - ((((at - start) % interval) + interval) % interval);
  const common = {
    customer_id: subscription.customer,
    subscription_id: subscription.id,
    currency,
    plan: subscription.plan,
    renews_on: dayOf(addMonths(month, untilRenewal), day),
    invoice_id: status === 'trialing' ? '' : subscription.invoice,
    opportunity_id: subscription.opportunity,
  };
  return subscription.items.map((item) => {
    const { mrr, off } = monthly(item, interval, currency);
    const free = item.price === 0;
    return {
      ...common,
      item_id: item.id,
      product: item.product,
      mrr: amountText(mrr),
      status: free && (status === 'active' || status === 'past_due') ? 'free' : status,
      quantity: `${item.quantity}`,
      pricing_model: item.model,
      discount_mrr: off === 0 ? '' : amountText(off),
      invoice_id: free ? '' : common.invoice_id,
    };
  });
};

const reasonFor = (profile: Profile, involuntary: boolean, dice: Dice): string | null => {
  if (profile.size !== 'large' && dice.hits(160)) return dice.pick(unknownReasons);
  if (profile.size !== 'large' && dice.hits(60)) return null; // nobody wrote anything down
  return involuntary
    ? dice.weighted<string>(involuntaryReasons[profile.provider])
    : dice.weighted<string>(voluntaryReasons[profile.provider]);
};

const notes = ['', '', '', 'asked by e-mail', 'moved to a rival, "cheaper"', 'project ended', 'will be back in spring'];

export const accountLife = (profile: Profile, dice: Dice): Life => {
  const habit = habits[profile.size];
  const { interval, currency, day, start } = profile;
  let state: State = 'unborn';
  let since = start;
  let pauseMonths = 0;
  let subscriptions: Subscription[] = [];
  let plan = profile.plan.plan;

  const become = (next: State, at: number): void => {
    state = next;
    since = at;
  };

  const live = (at: number, month: Month): Happenings => {
    const told: Happenings = { lines: [], cancellations: [], payments: [] };
    const due = (((at - start) % interval) + interval) % interval === 0;
    let residue: string | null = null;

    const cancel = (subscription: Subscription, reason: string): void => {
      told.cancellations.push({
        customer_id: subscription.customer,
        subscription_id: subscription.id,
        ended_on: dayOf(month, dice.between(1, 28)),
        reason,
        note: notes[dice.below(notes.length)] ?? '',
      });
    };
    const leave = (involuntary: boolean): void => {
      const reason = reasonFor(profile, involuntary, dice);
      if (reason !== null) for (const subscription of subscriptions) cancel(subscription, reason);
      if (dice.hits(3_000)) residue = involuntary ? 'unpaid' : 'canceled';
      become('gone', at);
    };
    const payment = (outcome: 'in_grace' | 'recovered' | 'exhausted', failedIn: Month, resolvedDay: number): void => {
      for (const subscription of subscriptions) {
        told.payments.push({
          customer_id: subscription.customer,
          invoice_id: subscription.invoice,
          failed_on: dayOf(failedIn, day),
          amount: amountText(invoiceAmount(subscription, interval, currency)),
          currency,
          decline_code: dice.pick(declineCodes),
          state: outcome,
          resolved_on: outcome === 'in_grace' ? '' : dayOf(month, resolvedDay),
        });
      }
    };
    const renewInvoices = (): void => {
      for (const subscription of subscriptions) subscription.invoice = `in_${dice.token(14)}`;
    };

    const whileActive = (): void => {
      if (due) renewInvoices();
      if (due && dice.hits(habit.cancels * interval)) leave(false);
      else if (due && dice.hits(habit.paymentFails * invoicesMissed[interval])) failPayment();
      else if (dice.hits(habit.pauses)) {
        pauseMonths = dice.between(1, 4);
        become('paused', at);
      } else changeTerms();
    };

    const failPayment = (): void => {
      const recoversAtOnce = day <= 10 && dice.hits(4_000);
      payment(recoversAtOnce ? 'recovered' : 'in_grace', month, Math.min(28, day + dice.between(2, 18)));
      if (!recoversAtOnce) become('past_due', at);
    };

    const changeTerms = (): void => {
      if (due && interval === 12 && dice.hits(3_000)) raisePrices(subscriptions, dice);
      if (dice.hits(habit.expands)) expand(profile, subscriptions, dice);
      else if (dice.hits(habit.contracts)) {
        const dropped = contract(profile, subscriptions, dice);
        if (dropped !== null) {
          cancel(dropped, 'cancellation_requested');
          subscriptions = subscriptions.filter((subscription) => subscription !== dropped);
        }
      }
    };

    const endTrial = (): void => {
      if (dice.hits(7_600)) {
        renewInvoices();
        become('active', at);
      } else leave(false);
    };

    const endGrace = (): void => {
      const givenUp = dice.hits(habit.givenUp);
      payment(givenUp ? 'exhausted' : 'recovered', addMonths(month, since - at), dice.between(2, 27));
      if (givenUp) leave(true);
      else become('active', at);
    };

    const endPause = (): void => {
      if (at - since < pauseMonths) return;
      if (dice.hits(8_000)) become('active', at);
      else leave(false);
    };

    const open = (first: State): void => {
      subscriptions = openSubscriptions(profile, dice);
      become(first, at);
    };

    const step: Readonly<Record<State, () => void>> = {
      unborn: () => {
        if (at >= start) open(profile.size === 'small' && start > 0 && dice.hits(3_500) ? 'trialing' : 'active');
      },
      trialing: endTrial,
      active: whileActive,
      past_due: endGrace,
      paused: endPause,
      gone: () => {
        if (at - since >= 2 && at - since <= 14 && dice.hits(110)) open('active');
      },
    };

    step[state]();
    if (state === 'active') changeUsage(subscriptions, dice);
    plan = subscriptions[0]?.plan ?? plan;
    const shown = state === 'gone' ? residue : state;
    if (shown === null) return told;
    for (const subscription of subscriptions) told.lines.push(...lineOf(profile, subscription, at, month, shown));
    return told;
  };

  return { profile, plan: () => plan, live };
};
