/** The parts of invoices and credit notes that old months are made of. */
import { z } from 'zod';
import { idOf, reader, seconds } from '../objects.ts';

const amounts = z.array(z.object({ amount: z.int() })).nullish();
const taxes = z.array(z.object({ amount: z.int(), tax_behavior: z.string() })).nullish();

const billedLineSchema = z.object({
  id: z.string(),
  /** Minor units before discounts, with the tax that the price includes. */
  amount: z.int(),
  discount_amounts: amounts,
  taxes,
  period: z.object({ start: seconds, end: seconds }),
  metadata: z.record(z.string(), z.string()).nullish(),
  pricing: z.object({ price_details: z.object({ product: z.string() }).nullish() }).nullish(),
  parent: z
    .object({
      subscription_item_details: z
        .object({ subscription: idOf.nullish(), subscription_item: z.string(), proration: z.boolean().default(false) })
        .nullish(),
      invoice_item_details: z.object({ subscription: idOf.nullish(), proration: z.boolean().default(false) }).nullish(),
    })
    .nullish(),
});

/** A list inside an object: its first few, and whether there are more. */
const some = <T extends z.ZodType>(one: T) => z.object({ data: z.array(one), has_more: z.boolean().default(false) });

const billedInvoiceSchema = z.object({
  id: z.string(),
  created: seconds,
  currency: z.string(),
  customer: idOf.nullish(),
  status: z.enum(['draft', 'open', 'paid', 'uncollectible', 'void']).nullish(),
  /** Minor units with tax, after discounts. */
  total: z.int(),
  attempt_count: z.int().nullish(),
  lines: some(billedLineSchema),
});

const creditLineSchema = z.object({
  id: z.string(),
  /** Minor units before discounts, with the tax that the price includes. */
  amount: z.int(),
  discount_amounts: amounts,
  taxes,
  /** The line that is credited; none where the credit is of words and an amount. */
  invoice_line_item: z.string().nullish(),
});

const creditNoteSchema = z.object({
  id: z.string(),
  created: seconds,
  customer: idOf.nullish(),
  invoice: idOf,
  status: z.enum(['issued', 'void']),
  /** Minor units with tax, after discounts. */
  total: z.int(),
  lines: some(creditLineSchema),
});

export type BilledLine = z.infer<typeof billedLineSchema>;
export type BilledInvoice = z.infer<typeof billedInvoiceSchema>;
export type CreditLine = z.infer<typeof creditLineSchema>;
export type CreditNote = z.infer<typeof creditNoteSchema>;

export const readBilledLine = reader('invoice line', billedLineSchema);
export const readBilledInvoice = reader('invoice', billedInvoiceSchema);
export const readCreditLine = reader('credit note line', creditLineSchema);
export const readCreditNote = reader('credit note', creditNoteSchema);
