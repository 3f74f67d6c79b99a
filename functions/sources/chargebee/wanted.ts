/** What the lists of a month do not tell, and has to be asked for beside them. */

import { lookBack } from '../billing/page-names.ts';
import type { KeptPages, PullRequest } from '../billing/port.ts';
import { isBeginning, toldBy } from './as-of.ts';
import { readSubscription, type Subscription } from './objects.ts';
import { keptPages, type OlderInvoices } from './pages.ts';

/** Subscriptions that are asked for in one request: their ids stand in its address. */
const together = 25;

const day = 24 * 60 * 60;
const longest = { day, week: 7 * day, month: 31 * day, year: 366 * day } as const;

/**
 * When the term began whose invoice is older than the list of invoices; null where that list has it. A term that began
 * since the month's end is taken for the one before it. Where a term has just begun, the one before it is asked for:
 * what was given up in it stands until the new one is paid.
 */
const olderTerm = (subscription: Subscription, request: PullRequest): number | null => {
  const { status, current_term_start: start, billing_period: count = 1, billing_period_unit: unit } = subscription;
  if (start === undefined || unit === undefined || subscription.deleted) return null;
  if (status === 'future' || status === 'transferred') return null;
  if (status === 'cancelled' && (subscription.cancelled_at ?? 0) < request.until) return null;
  const began = start < request.until ? start : start - count * longest[unit];
  const listed = lookBack(request);
  if (began < listed) return began - day;
  const before = began - count * longest[unit];
  const first = subscription.started_at ?? subscription.created_at ?? 0;
  return before < listed && first < began - day ? before - day : null;
};

/** Subscriptions whose last invoice has to be asked for, as far as the kept pages say, in their order. */
export async function* olderWanted(request: PullRequest, kept: KeptPages): AsyncGenerator<OlderInvoices> {
  let waiting: { id: string; from: number }[] = [];
  const flush = (): OlderInvoices => {
    const older = { subscriptions: waiting.map(({ id }) => id), from: Math.min(...waiting.map(({ from }) => from)) };
    waiting = [];
    return older;
  };
  for await (const page of keptPages('subscriptions', kept))
    for (const subscription of page.map(readSubscription)) {
      const from = olderTerm(subscription, request);
      if (from === null) continue;
      waiting.push({ id: subscription.id, from: Math.max(from, 0) });
      if (waiting.length === together) yield flush();
    }
  if (waiting.length > 0) yield flush();
}

/** Subscriptions that changed since the month's end and were there before it: what they were is looked for in events. */
export const changedSince = async (request: PullRequest, kept: KeptPages): Promise<Set<string>> => {
  const changed = new Map<string, boolean>();
  for await (const page of keptPages('events', kept))
    for (const told of page.map(toldBy)) {
      if (told === null || told.at < request.until) continue;
      changed.set(told.subscription, (changed.get(told.subscription) ?? true) && !isBeginning(told.type));
    }
  return new Set([...changed].filter(([, wasThere]) => wasThere).map(([id]) => id));
};
