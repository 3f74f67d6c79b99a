/** Recurly as a vendor. */
import type { Vendor } from '../billing/vendor.ts';
import { parseRecurlyAddress } from './settings.ts';

export const recurly: Vendor = {
  name: 'recurly',
  title: 'Recurly',
  keyVariable: 'RECURLY_API_KEY',
  urlVariable: 'RETENTION_RECURLY_URL',
  check: (address) => void parseRecurlyAddress(address),
  async open(address, credentials) {
    const { recurlyReader } = await import('./client.ts');
    const { recurlySource } = await import('./recurly-source.ts');
    const settings = parseRecurlyAddress(address);
    return recurlySource(recurlyReader(credentials, settings.region), settings);
  },
};
