/** The billing systems that months can be pulled from. */
import { chargebee } from '../chargebee/vendor.ts';
import { recurly } from '../recurly/vendor.ts';
import { stripe } from '../stripe/vendor.ts';
import type { Vendor } from './vendor.ts';

export const vendors: readonly Vendor[] = [stripe, chargebee, recurly];

/** The vendor whose account an address names; null for a folder. */
export const vendorOf = (address: string): Vendor | null =>
  vendors.find(({ name }) => address.startsWith(`${name}:`)) ?? null;
