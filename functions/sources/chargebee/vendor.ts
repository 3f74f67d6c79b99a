/** Chargebee as a vendor. */
import { examinedAttempts } from '../billing/examination.ts';
import type { Vendor } from '../billing/vendor.ts';
import { parseChargebeeAddress } from './settings.ts';

export const chargebee: Vendor = {
  name: 'chargebee',
  title: 'Chargebee',
  keyVariable: 'CHARGEBEE_API_KEY',
  urlVariable: 'RETENTION_CHARGEBEE_URL',
  check: (address) => void parseChargebeeAddress(address),
  async open(address, credentials) {
    const { chargebeeReader } = await import('./client.ts');
    const { chargebeeSource } = await import('./chargebee-source.ts');
    const settings = parseChargebeeAddress(address);
    return chargebeeSource(chargebeeReader(settings, credentials), settings);
  },
  async examine(address, credentials) {
    const { chargebeeReader } = await import('./client.ts');
    const { chargebeeExaminer } = await import('./examiner.ts');
    const settings = parseChargebeeAddress(address);
    const reader = chargebeeReader(settings, { ...credentials, attempts: examinedAttempts });
    return chargebeeExaminer(reader, settings, credentials.apiKey);
  },
};
