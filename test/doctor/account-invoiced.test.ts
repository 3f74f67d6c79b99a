/** Months made of an account's invoices, looked over: how far they reach, what must be read for them, and once they are there. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ReportError } from '../../functions/errors.ts';
import { writeFiles } from '../pipeline/book.ts';
import { account as invoicedAccount, rates } from '../sources/stripe/invoiced/book.ts';
import { accountUnderLook, outcomes } from './account-look.ts';
import { named } from './look.ts';

const { root, server, look, check, pull } = accountUnderLook();

describe('months made of invoices', () => {
  const address = 'stripe:?basis=invoiced&parent=group';

  it('are told how far they reach, and what the key must read for them', async () => {
    server().account = invoicedAccount();
    const diagnosis = await look({ address });
    expect(outcomes(diagnosis).slice(0, 7)).toEqual([
      'key: warn',
      'read Customers: ok',
      'read Subscriptions: ok',
      'read Invoices: ok',
      'read Credit notes: ok',
      'clock: ok',
      'history: ok',
    ]);
    expect(named(diagnosis.checks, 'history').seen).toBe(
      'the oldest invoice is of 2025-09: months from then to 2026-10 can be made of invoices, at any time, on the basis invoiced',
    );
    expect(named(diagnosis.checks, 'pulled').seen).toBe('2026-10 has not been pulled yet; no month so far');
    expect(await check('history', { address, month: '2025-08' })).toMatchObject({
      outcome: 'warn',
      seen: 'there is no invoice before the end of 2025-08',
    });
    server().fault = (_, path) => (path === '/v1/credit_notes' ? { status: 403 } : null);
    expect((await check('read Credit notes', { address })).fix).toBe(
      'Give the key the permission to read Credit notes.',
    );
  });

  it('are looked at as a whole once they are there, the newest and those before it', async () => {
    server().account = invoicedAccount();
    await pull({ address, now: '2026-11-12T06:00:00Z' });
    for (const month of ['2026-10', '2026-03']) {
      const diagnosis = await look({ address, month });
      expect(named(diagnosis.checks, 'pulled')).toMatchObject({
        outcome: 'ok',
        seen: `${month} was pulled from Stripe on 2026-11-12; 14 months from 2025-09 to 2026-10`,
      });
      expect(named(diagnosis.checks, 'control totals').outcome).toBe('ok');
      expect(named(diagnosis.checks, 'customers').outcome).toBe('ok');
    }
    // Months as they stood are another matter.
    expect(await check('pulled')).toMatchObject({ seen: '2026-10 has not been pulled yet; no month so far' });
  });

  it('are refused, as a run refuses them, where a month was pulled as it stood', async () => {
    await pull();
    server().account = invoicedAccount();
    expect(await check('pulled', { address, month: '2026-09' })).toMatchObject({ outcome: 'ok' });
    const told = await check('pulled', { address });
    const refusal = await pull({ address }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ReportError);
    if (!(refusal instanceof ReportError)) return;
    expect(told).toMatchObject({ outcome: 'fail', kind: refusal.kind, fix: refusal.hint });
    expect(told.seen).toContain(refusal.message);
  });

  it('have their missing rates told for the file of the oldest, which holds for all of them', async () => {
    server().account = { ...invoicedAccount(), subscriptions: server().account.subscriptions };
    const told = await check('rates', { address });
    expect(told).toMatchObject({ outcome: 'warn', seen: expect.stringContaining('at 2025-09 to 2026-10 for') });
    expect(told.paste[0]).toBe('inbox/2025-09/fx.csv, a new file:');
    expect(told.paste.join()).not.toContain('2026-10');
    const inbox = join(root(), 'home/inbox/stripe-invoiced');
    // A later file alone leaves the months before it without rates, and one that lacks a currency takes it away.
    await writeFiles(inbox, { '2026-03/fx.csv': rates });
    expect((await check('rates', { address })).paste).toEqual(told.paste);
    await writeFiles(inbox, { '2025-09/fx.csv': rates });
    expect((await check('rates', { address })).outcome).toBe('ok');
    await writeFiles(inbox, { '2026-03/fx.csv': 'currency,rate\nGBP,1.30\n' });
    expect((await check('rates', { address })).paste[0]).toBe('inbox/2026-03/fx.csv, to be added:');
  });
});
