/** Invoices pulled from Stripe while its servers fail: what comes out is the same, bytes and all. */
import { duckdbInvoicedLines } from '../../../../functions/adapters/duckdb-invoiced-lines.ts';
import { pullInvoicedMonths } from '../../../../functions/sources/billing/invoiced-months.ts';
import { stripeReader } from '../../../../functions/sources/stripe/client.ts';
import { stripeInvoices } from '../../../../functions/sources/stripe/invoiced/source.ts';
import { invoicedName, parseStripeAddress } from '../../../../functions/sources/stripe/settings.ts';
import { stripe } from '../../../../functions/sources/stripe/vendor.ts';
import { apiKey, startStripe } from '../../../servers/stripe.ts';
import { withstandsStorms } from '../../storm-suite.ts';
import { account, november } from './book.ts';

const address = 'stripe:?basis=invoiced&parent=group';

withstandsStorms({
  vendor: stripe,
  address,
  apiKey,
  now: november,
  // Lines of one invoice are two pages.
  open: () => startStripe(account(), 12),
  silent: { path: '/v1/credit_notes', list: 'credit_notes' },
  kills: [2, 9],
  folder: invoicedName,
  bring: ({ options: { month, ...options }, credentials, scratch }) =>
    pullInvoicedMonths(stripeInvoices(stripeReader(credentials), parseStripeAddress(address)), {
      ...options,
      months: [month],
      committed: stripe.name,
      open: duckdbInvoicedLines({ scratch }),
      progress: () => {},
    }),
});
