/** Recurly as a vendor. */
import { examinedAttempts } from '../billing/examination.ts';
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
  async examine(address, credentials) {
    const { recurlyReader } = await import('./client.ts');
    const { recurlyExaminer } = await import('./examiner.ts');
    const settings = parseRecurlyAddress(address);
    return recurlyExaminer(recurlyReader({ ...credentials, attempts: examinedAttempts }, settings.region), settings);
  },
};
