/** Addresses of Chargebee sites: what they may say, and what is refused. */
import { describe, expect, it } from 'vitest';
import { parseChargebeeAddress } from '../../../functions/sources/chargebee/settings.ts';

describe('the settings', () => {
  it.each([
    'chargebee:',
    'chargebee:?',
    'chargebee:acme',
    'chargebee:?parent=group',
    'chargebee:?site=',
    'chargebee:?site=evil.example/x',
    'chargebee:?site=acme.chargebee.com',
    'chargebee:?site=-x',
    'chargebee:?site=acme&metered=yes',
    'chargebee:?site=acme&site=other',
    'chargebee:?site=acme&key=live_x',
  ])('%s is refused', (address) =>
    expect(() => parseChargebeeAddress(address)).toThrow('does not say how to read Chargebee'),
  );
});
