/** What stands behind one account's movement, as a sentence: which invoice, which opportunity. */
import type { WindowName } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import type { Row } from '../ports.ts';
import { amountText, moneyWithCode } from '../render/formats.ts';
import { safe } from './terminal.ts';

const idsShown = 200;

const listOf = (row: Row, column: string): readonly string[] => (row[column] ? row[column].split(';') : []);

const said = (ids: readonly string[]): string => safe(ids.join(', '), idsShown);

const whatOf = (row: Row, currency: string): string => {
  const money = moneyWithCode((row.delta_mrr ?? '').replace(/^-/, ''), currency).replaceAll('\u00a0', ' ');
  switch (row.movement) {
    case 'new':
      return `is new with ${money}`;
    case 'reactivation':
      return `came back with ${money}`;
    case 'churn': {
      const reason = row.reason ? `: ${safe(row.reason, 40)}` : '';
      return `left with ${money} (${row.cause ? safe(row.cause) : 'unclassified'}${reason})`;
    }
    default:
      return `${row.movement === 'expansion' ? 'expanded' : 'contracted'} by ${money}`;
  }
};

const invoicesOf = (row: Row): string => {
  const ids = listOf(row, 'invoice_ids');
  if (ids.length === 0) return 'No invoice.';
  return `Invoice${ids.length > 1 ? 's' : ''} ${said(ids)}.`;
};

type Named = { readonly id: string; readonly about: string };

const listed = (named: readonly Named[]): string => {
  const each = named.map(({ id, about }) => (about === '' ? id : `${id} (${about})`));
  return `${each.length > 1 ? 'Opportunities' : 'Opportunity'} ${each.join('; ')}`;
};

/** How the opportunities were found. Ledgers of earlier versions do not say. */
const opportunitiesOf = (row: Row): string => {
  const [types, owners] = [listOf(row, 'opportunity_types'), listOf(row, 'opportunity_owners')];
  const all = listOf(row, 'opportunity_ids').map((id, at): Named => {
    const about = [types[at] ?? '', owners[at] ?? ''].filter((text) => text !== '').map((text) => safe(text, 40));
    return { id: safe(id), about: about.join(', ') };
  });
  if (all.length === 0) return 'No opportunity.';
  if (!('opportunity_joined_by' in row)) return `${listed(all)}.`;
  const unknown = "the CRM's export has no won one of that id";
  const joined = row.opportunity_joined_by;
  if (!joined) return `${listed(all)} on the lines that changed; ${unknown}.`;
  const how = joined === 'id' ? 'by id on the lines that changed' : 'by account and close date';
  const known = all.filter(({ about }) => about !== '');
  const others = all.filter(({ about }) => about === '');
  if (known.length === 0 || others.length === 0) return `${listed(all)}, ${how}.`;
  return `${listed(known)}, ${how}. ${listed(others)} on the lines that changed as well; ${unknown}.`;
};

/** One sentence for what moved, then the invoices, then the opportunities with type, owner and how they were found. */
export const movementAnswer = (row: Row, { month, windows, reportingCurrency }: Report, window: WindowName): string => {
  const [id, name] = [safe(row.account_id ?? ''), row.account_name ? safe(row.account_name) : ''];
  const who = name === '' || name === id ? id : `${name} (${id})`;
  const from = `${amountText(row.opening_mrr ?? '')} in ${windows[window]?.openingMonth ?? 'the opening month'}`;
  const to = `${amountText(row.closing_mrr ?? '')} in ${month}`;
  return `${who} ${whatOf(row, reportingCurrency)}, from ${from} to ${to}. ${invoicesOf(row)} ${opportunitiesOf(row)}`;
};
