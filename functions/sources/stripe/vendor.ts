/** Stripe as a vendor. */
import type { Vendor } from '../billing/vendor.ts';
import { parseStripeAddress } from './settings.ts';

export const stripe: Vendor = {
  name: 'stripe',
  title: 'Stripe',
  keyVariable: 'STRIPE_API_KEY',
  urlVariable: 'RETENTION_STRIPE_URL',
  check: (address) => void parseStripeAddress(address),
  async open(address, credentials) {
    const { stripeReader } = await import('./client.ts');
    const { stripeSource } = await import('./stripe-source.ts');
    return stripeSource(stripeReader(credentials), parseStripeAddress(address));
  },
};
