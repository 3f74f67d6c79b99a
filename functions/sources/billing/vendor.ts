/** A billing system that months can be pulled from: how it is addressed, what it is asked with, and what reads it. */
import type { Examiner } from './examination.ts';
import type { Pause } from './patience.ts';
import type { BillingSource, InvoiceSource } from './port.ts';

export type Credentials = {
  readonly apiKey: string;
  /** A server on this machine in the vendor's place, for tests. */
  readonly url?: string;
  /** How to wait before another attempt, where not as long as it takes. */
  readonly pause?: Pause;
};

export type InvoicesOf = {
  /** Their folder in the inbox. */
  readonly name: string;
  /** Whether an address asks for them. */
  asked(address: string): boolean;
  /** They need no other key than the account's. */
  open(address: string, credentials: Credentials): Promise<InvoiceSource>;
};

export type Vendor = {
  /** How its addresses begin, before the colon, and its folder in the inbox. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** The environment variable that holds the key. */
  readonly keyVariable: string;
  /** The environment variable that names a server in its place. */
  readonly urlVariable: string;
  /** Throws a ReportError of kind `usage` where an address does not say how to read the account. */
  check(address: string): void;
  /** The account behind an address; what it needs is loaded by those alone who pull from it. */
  open(address: string, credentials: Credentials): Promise<BillingSource>;
  /** How old months are made of the account's invoices; absent where they cannot be. */
  readonly invoices?: InvoicesOf;
  /** What looks the account over without pulling it; absent where nobody has written that yet. */
  examine?(address: string, credentials: Credentials): Promise<Examiner>;
};

/** How an address asks for months that are made of invoices; null where it asks for months as they stood. */
export const invoicesAsked = ({ invoices }: Vendor, address: string): InvoicesOf | null =>
  invoices?.asked(address) === true ? invoices : null;
