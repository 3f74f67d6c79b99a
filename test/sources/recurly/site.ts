/** Plays a Recurly site through time: renewals bill, pauses skip, changes prorate, as Recurly's own do. */
import type { Raw, RecurlyObject, Site } from '../../servers/recurly.ts';
import { at, coupon as couponObject, line, subscription } from './objects.ts';

type Sub = Raw & { id: string };

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
const seconds = (text: unknown): number => at(`${text}`);

/** The same day of a later month. Days of tests exist in every month. */
const after = (instant: string, { interval_unit: unit, interval_length: length }: Raw): string => {
  const date = new Date(instant);
  if (unit === 'days') date.setUTCDate(date.getUTCDate() + (length as number));
  else date.setUTCMonth(date.getUTCMonth() + (length as number));
  return iso(date.getTime() / 1000);
};

const round = (amount: number, currency: unknown): number => {
  const decimals = currency === 'JPY' ? 0 : currency === 'KWD' ? 3 : 2;
  return parseFloat(amount.toFixed(decimals));
};

/** Why a subscription ends with its period: a reason, none, or undefined where it goes on. */
const endOf = (sub: Sub, periodEnd: string): string | null | undefined => {
  if (sub.state === 'canceled') return 'canceled';
  if (sub.trial_ends_at === periodEnd && sub.cardless === true) return 'nonpayment_trial';
  if (sub.started_with_gift === true && sub.converted_at === null) return 'nonpayment_gift';
  return sub.auto_renew === false ? null : undefined;
};

export class Simulation {
  readonly accounts = new Map<string, RecurlyObject>();
  readonly subscriptions = new Map<string, Sub>();
  readonly invoices = new Map<string, RecurlyObject>();
  readonly plans = new Map<string, RecurlyObject>();
  readonly coupons = new Map<string, RecurlyObject>();
  readonly redemptions = new Map<string, RecurlyObject>();
  /** Accounts whose cards are declined. */
  readonly declining = new Set<string>();
  now = 0;
  #numbers = 0;

  site(): Site {
    const withCoupons = [...this.subscriptions.values()].map((sub) => ({
      ...sub,
      coupon_redemptions: [...this.redemptions.values()]
        .filter(({ subscription_id: id, removed_at: removed }) => id === sub.id && removed === null)
        .map(({ id, coupon, state, remaining_duration, created_at }) => ({
          id,
          object: 'coupon_redemption_mini',
          coupon,
          state,
          remaining_duration,
          created_at,
        })),
    }));
    return {
      subscriptions: withCoupons as unknown as RecurlyObject[],
      accounts: [...this.accounts.values()],
      invoices: [...this.invoices.values()],
      plans: [...this.plans.values()],
      coupons: [...this.coupons.values()],
      redemptions: [...this.redemptions.values()],
    };
  }

  sub(id: string): Sub {
    const found = this.subscriptions.get(id);
    if (found === undefined) throw new Error(`no subscription ${id}`);
    return found;
  }

  /** Lets time pass up to an instant: whatever falls due is done in its order. */
  pass(until: number): void {
    for (;;) {
      const due = [...this.subscriptions.values()]
        .filter(({ state }) => state === 'active' || state === 'canceled' || state === 'paused')
        .map((sub) => ({ sub, when: seconds(sub.current_period_ends_at) }))
        .filter(({ when }) => when <= until)
        .sort((a, b) => a.when - b.when || (a.sub.id < b.sub.id ? -1 : 1))[0];
      if (due === undefined) break;
      this.now = due.when;
      this.#renew(due.sub);
    }
    this.now = until;
  }

  touch(id: string, changes: Raw): void {
    Object.assign(this.sub(id), changes, { updated_at: iso(this.now) });
  }

  subscribe(id: string, account: string, plan: string, changes: Raw = {}): void {
    const own = this.plans.get(plan);
    if (own === undefined) throw new Error(`no plan ${plan}`);
    const began = iso(this.now);
    const trial = changes.trial_ends_at as string | undefined;
    const made = subscription({
      id,
      account: { id: account, object: 'account', code: account },
      plan: { id: own.id, object: 'plan', code: own.code, name: own.name },
      created_at: began,
      activated_at: began,
      current_period_started_at: began,
      current_period_ends_at: trial ?? after(began, own),
      updated_at: began,
      trial_started_at: trial === undefined ? null : began,
      active_invoice_id: null,
      ...changes,
    }) as Sub;
    this.subscriptions.set(id, made);
    if (trial === undefined && made.started_with_gift !== true) this.#bill(made, 'purchase');
  }

  coupon(id: string, changes: Raw): void {
    this.coupons.set(id, couponObject({ id, code: id, ...changes }) as RecurlyObject);
  }

  redeem(coupon: string, account: string, sub: string | null, changes: Raw = {}): void {
    const own = this.coupons.get(coupon);
    const id = `red_${account}_${coupon}`;
    this.redemptions.set(id, {
      id,
      object: 'coupon_redemption',
      account: { id: account },
      subscription_id: sub,
      coupon: own,
      state: 'active',
      remaining_duration: { type: own?.duration },
      created_at: iso(this.now),
      updated_at: iso(this.now),
      removed_at: null,
      ...changes,
    });
  }

  unredeem(coupon: string, account: string): void {
    const own = this.redemptions.get(`red_${account}_${coupon}`);
    Object.assign(own ?? {}, { state: 'inactive', removed_at: iso(this.now), updated_at: iso(this.now) });
  }

  /** An immediate change: what is left of the period is credited, and charged anew. */
  change(id: string, changes: Raw): void {
    const sub = this.sub(id);
    const [start, end] = [seconds(sub.current_period_started_at), seconds(sub.current_period_ends_at)];
    const rate = parseFloat(((end - this.now) / (end - start)).toFixed(4));
    const span = { start_date: iso(this.now), end_date: iso(end), proration_rate: rate };
    const before = this.#lines(sub, { ...span, type: 'credit' }, -rate);
    this.touch(id, changes);
    this.#invoice(sub, 'immediate_change', [...before, ...this.#lines(sub, span, rate)]);
  }

  expire(id: string, reason: string | null): void {
    this.touch(id, { state: 'expired', expires_at: iso(this.now), expiration_reason: reason });
  }

  /** A payment is tried again for the newest invoice of a subscription. */
  collect(id: string, status: 'declined' | 'success'): void {
    const invoice = this.newest(id);
    (invoice.transactions as Raw[]).push(this.#transaction(status));
    Object.assign(invoice, status === 'success' ? { state: 'paid', closed_at: iso(this.now) } : { state: 'past_due' });
  }

  giveUp(id: string): void {
    Object.assign(this.newest(id), { state: 'failed', closed_at: iso(this.now) });
  }

  chargeBack(id: string): void {
    (this.newest(id).transactions as Raw[]).push({
      ...this.#transaction('chargeback'),
      type: 'refund',
      origin: 'chargeback',
    });
  }

  newest(id: string): RecurlyObject {
    const found = [...this.invoices.values()].findLast(({ subscription_ids: ids }) => (ids as string[]).includes(id));
    if (found === undefined) throw new Error(`no invoice of ${id}`);
    return found;
  }

  #transaction(status: string): Raw {
    this.#numbers += 1;
    return {
      id: `trx_${this.#numbers}`,
      object: 'transaction',
      type: 'purchase',
      origin: 'recurring',
      status,
      success: status === 'success',
      status_code: status === 'declined' ? 'insufficient_funds' : null,
      created_at: iso(this.now),
      collected_at: iso(this.now),
    };
  }

  #renew(sub: Sub): void {
    const plan = this.plans.get(`${(sub.plan as Raw).id}`) ?? {};
    const began = `${sub.current_period_ends_at}`;
    const reason = endOf(sub, began);
    if (reason !== undefined) {
      this.expire(sub.id, reason);
      return;
    }
    const next = { current_period_started_at: began, current_period_ends_at: after(began, plan) };
    const pending = (sub.pending_change as Raw | null) ?? {};
    this.touch(sub.id, { ...next, ...pending, pending_change: null });
    const ramp = ((sub.ramp_intervals as Raw[] | null) ?? []).find(
      ({ starting_on: from, ending_on: to }) => `${from}` <= began && (to === null || `${to}` > began),
    );
    if (ramp !== undefined) sub.unit_amount = ramp.unit_amount;
    const cycles = sub.remaining_pause_cycles as number | null | undefined;
    if (cycles !== null && cycles !== undefined && cycles > 0) {
      this.touch(sub.id, { state: 'paused', remaining_pause_cycles: cycles - 1, paused_at: sub.paused_at ?? began });
      return;
    }
    if (sub.state === 'paused') this.touch(sub.id, { state: 'active', paused_at: null, remaining_pause_cycles: null });
    this.#bill(sub, 'renewal');
  }

  #lines(sub: Sub, changes: Raw, share: number): Raw[] {
    const inclusive = sub.tax_inclusive === true;
    const make = (origin: string, code: unknown, quantity: number, unit: number): Raw => {
      this.#numbers += 1;
      const subtotal = round(unit * quantity * share, sub.currency);
      return line({
        id: `line_${`${this.#numbers}`.padStart(6, '0')}`,
        origin,
        subscription_id: sub.id,
        plan_id: (sub.plan as Raw).id,
        plan_code: (sub.plan as Raw).code,
        add_on_code: origin === 'plan' ? null : code,
        currency: sub.currency,
        quantity,
        unit_amount: round(unit * share, sub.currency),
        subtotal,
        tax_inclusive: inclusive,
        tax: inclusive ? round((subtotal * 21) / 121, sub.currency) : 0,
        created_at: iso(this.now),
        ...changes,
      });
    };
    const addOns = (sub.add_ons as Raw[]).filter(({ usage }) => usage !== true);
    return [
      make('plan', null, sub.quantity as number, sub.unit_amount as number),
      ...addOns.map((one) =>
        make(
          'add_on',
          (one.add_on as Raw).code,
          one.quantity as number,
          (one.billed as number) / (one.quantity as number),
        ),
      ),
    ];
  }

  #bill(sub: Sub, origin: string): void {
    const span = { start_date: sub.current_period_started_at, end_date: sub.current_period_ends_at };
    const lines = this.#lines(sub, span, 1);
    for (const redemption of this.redemptions.values()) {
      const own = redemption.coupon as Raw;
      const expires = `${(redemption.remaining_duration as Raw).expires_at ?? '9'}`;
      if (redemption.subscription_id !== sub.id || redemption.state !== 'active' || expires < iso(this.now)) continue;
      const percent = (own.discount as Raw).percent as number;
      for (const one of lines) one.discount = round(((one.subtotal as number) * percent) / 100, sub.currency);
      if (own.duration === 'single_use') Object.assign(redemption, { state: 'inactive', updated_at: iso(this.now) });
    }
    const fee =
      sub.setup_fee === true ? [line({ id: `fee_${sub.id}`, origin: 'setup_fee', subscription_id: sub.id })] : [];
    this.#invoice(sub, origin, [...lines, ...fee]);
  }

  #invoice(sub: Sub, origin: string, lines: readonly Raw[]): void {
    const account = `${(sub.account as Raw).id}`;
    const id = `inv_${sub.id.slice(4)}_${iso(this.now).slice(0, 10)}`;
    const declined = this.declining.has(account);
    const total = lines.reduce((sum, { subtotal }) => sum + (subtotal as number), 0);
    sub.active_invoice_id = id;
    this.invoices.set(id, {
      id,
      object: 'invoice',
      type: 'charge',
      origin,
      state: declined ? 'past_due' : 'paid',
      account: { id: account, object: 'account' },
      subscription_ids: [sub.id],
      currency: sub.currency,
      total: round(total, sub.currency),
      line_items: lines.map((one) => ({ ...one, invoice_id: id })),
      has_more_line_items: false,
      transactions: [this.#transaction(declined ? 'declined' : 'success')],
      created_at: iso(this.now),
      updated_at: iso(this.now),
      closed_at: declined ? null : iso(this.now),
    });
  }
}
