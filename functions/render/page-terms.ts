/** Every word that the page explains where it stands: the glossary, and what only the page needs said. */
import { type Definition, keyDefinitions, moreDefinitions } from './data-quality.ts';

const pageDefinitions: readonly Definition[] = [
  {
    term: 'Involuntary churn',
    meaning:
      'Opening MRR of the accounts that were lost because a payment failed for good, as a share of the opening MRR of all. A payment that is still being retried is no churn yet.',
  },
  {
    term: 'Expansion and contraction',
    meaning:
      'What accounts pay more, or less, at the end than at the start, for as long as they pay at both. Adding a product is expansion too.',
  },
  {
    term: 'Low sample',
    meaning:
      'A segment that opened with so few accounts that a single customer decides its figures. The limit stands under “How far to trust this”.',
  },
  {
    term: 'Benchmark',
    meaning:
      'Where the yearly NDR stands among companies of its kind: weak, average, strong or elite. Bounds and source stand under “How far to trust this”.',
  },
];

/** A definition with the name by which the page refers to it: "NDR" is `ndr`, "Causes of churn" is `causes-of-churn`. */
export type Term = Definition & { readonly id: string };

const idOf = (term: string): string =>
  term
    .toLowerCase()
    .replace(/[^a-z]+/g, '-')
    .replace(/^-|-$/g, '');

export const pageTerms: readonly Term[] = [...keyDefinitions, ...moreDefinitions, ...pageDefinitions].map(
  (definition) => ({ ...definition, id: idOf(definition.term) }),
);
