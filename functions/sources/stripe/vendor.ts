/** Stripe as a vendor. */
import { usageError } from '../../errors.ts';
import { examinedAttempts } from '../billing/examination.ts';
import type { Vendor } from '../billing/vendor.ts';
import { invoicedName, parseStripeAddress } from './settings.ts';

export const stripe: Vendor = {
  name: 'stripe',
  title: 'Stripe',
  keyVariable: 'STRIPE_API_KEY',
  urlVariable: 'RETENTION_STRIPE_URL',
  check: (address) => void parseStripeAddress(address),
  invoices: {
    name: invoicedName,
    asked: (address) => parseStripeAddress(address).basis === 'invoiced',
    async open(address, credentials) {
      const { stripeReader } = await import('./client.ts');
      const { stripeInvoices } = await import('./invoiced/source.ts');
      return stripeInvoices(stripeReader(credentials), parseStripeAddress(address));
    },
  },
  async open(address, credentials) {
    const { stripeReader } = await import('./client.ts');
    const { stripeSource } = await import('./stripe-source.ts');
    const settings = parseStripeAddress(address);
    // Months as they stood must never pass for what was asked for.
    if (settings.basis !== 'committed')
      throw usageError('the address asks for months made of invoices, which are not pulled here', 'Leave basis out.');
    return stripeSource(stripeReader(credentials), settings);
  },
  async examine(address, credentials) {
    const { stripeReader } = await import('./client.ts');
    const { stripeExaminer } = await import('./examiner.ts');
    const reader = stripeReader({ ...credentials, attempts: examinedAttempts });
    return stripeExaminer(reader, parseStripeAddress(address), credentials.apiKey);
  },
};
