/** The ledger inside the page: the largest movements as JSON in a few columns, cut where the page would become too heavy. */
import { type WindowName, windowNames } from '../core/month.ts';
import { causeNames, movementNames } from '../core/report.ts';
import { dimensionLabel, displayText } from './display-text.ts';
import type { Ledger, LedgerRow } from './ledger.ts';

/** Bytes of the embedded ledger, all windows together: some 10,000 movements. */
export const ledgerByteLimit = 1_500_000;

/** More than any row takes: what is kept free, so that the last one fits. */
const rowBytes = 8_000;

/** Longest list of ids that a row carries; the whole list is in movements.csv. */
const idsLimit = 400;

/** Opening and closing MRR as exact text; everything that repeats is a position in a dictionary, null for none. */
type EmbeddedRow = readonly [
  account: number,
  movement: number,
  cause: number | null,
  reason: number | null,
  openingMrr: string,
  closingMrr: string,
  segments: readonly number[],
  invoiceIds: string,
  opportunityIds: string,
];

export type PageLedger = {
  /** JSON fit for a script element: no `<`, `>` or `&` in it. */
  readonly json: string;
  /** `dimension.value` of a segment's movements, empty when no row is of it. */
  readonly placeOf: (dimension: string, segment: string) => string;
  /** Rows that the page carries, and rows that there are. */
  readonly counts: Readonly<Partial<Record<WindowName, { readonly shown: number; readonly total: number }>>>;
};

/** Gives each text a position, in the order in which they come. */
const makeDictionary = <Entry>(entryOf: (text: string) => Entry) => {
  const positions = new Map<string, number>();
  const entries: Entry[] = [];
  return {
    entries,
    find: (text: string): number | undefined => positions.get(text),
    /** The position, and the bytes that a new entry costs. */
    add: (text: string, extra = (): Entry => entryOf(text)): { readonly at: number; readonly bytes: number } => {
      const known = positions.get(text);
      if (known !== undefined) return { at: known, bytes: 0 };
      const entry = extra();
      positions.set(text, entries.length);
      entries.push(entry);
      return { at: entries.length - 1, bytes: bytesOf(entry) };
    },
  };
};

const bytesOf = (value: unknown): number => Buffer.byteLength(inScript(value)) + 1;

/** Nothing that could end the script element or begin another thing in it. Line and paragraph separators go for old parsers. */
const inScript = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Ids with a space between, so that lines can break; what is cut says so. */
const idsText = (ids: string): string => {
  if (ids === '') return '';
  const kept = ids.length <= idsLimit ? ids : ids.slice(0, ids.lastIndexOf(';', idsLimit) + 1);
  const list = (kept === '' ? ids : kept)
    .split(';')
    .filter((id) => id !== '')
    .map((id) => displayText(id, idsLimit / 4))
    .join('; ');
  return kept === ids ? list : `${list}; …`;
};

/** Each opportunity with what the CRM says of it: `0061a (Upsell, Mia Chen)`. */
const opportunitiesText = ({ opportunityIds, opportunityTypes, opportunityOwners }: LedgerRow): string => {
  if (opportunityTypes === '' && opportunityOwners === '') return idsText(opportunityIds);
  const [types, owners] = [opportunityTypes.split(';'), opportunityOwners.split(';')];
  const said = opportunityIds.split(';').map((id, at) => {
    const about = [types[at] ?? '', owners[at] ?? '']
      .filter((text) => text !== '')
      .map((text) => displayText(text, 40));
    return about.length === 0 ? id : `${id} (${about.join(', ')})`;
  });
  return idsText(said.join(';'));
};

/** A name is optional in the customers file; an account is never nameless here. */
const accountOf = ({ accountId, accountName }: LedgerRow): readonly [string, string] => {
  const id = displayText(accountId, 80);
  return [id, accountName === '' ? id : displayText(accountName)];
};

/** The windows take turns, largest movements first, until `limit` bytes are full: what is left out is always the smallest. */
export const pageLedger = (ledger: Ledger, limit: number = ledgerByteLimit): PageLedger => {
  const reasons = makeDictionary((text) => displayText(text, 50));
  const accounts = makeDictionary<readonly [string, string]>((id) => [id, id]);
  const values = ledger.dimensions.map(() => makeDictionary((text) => displayText(text)));
  const windows = ledger.windows.map(({ window, rows, total }) => ({
    window,
    rows,
    total,
    taken: [] as EmbeddedRow[],
    isFull: false,
  }));

  let bytes = bytesOf({ dimensions: ledger.dimensions.map((name) => dimensionLabel(name)) }) + 500;
  const embed = (row: LedgerRow): EmbeddedRow => {
    const account = accounts.add(row.accountId, () => accountOf(row));
    const reason = row.reason === null || row.reason === '' ? null : reasons.add(row.reason);
    const segments = values.map((dictionary, at) => dictionary.add(row.segments[at] ?? ''));
    const embedded: EmbeddedRow = [
      account.at,
      movementNames.indexOf(row.movement),
      row.cause === null ? null : causeNames.indexOf(row.cause),
      reason?.at ?? null,
      row.openingMrr,
      row.closingMrr,
      segments.map(({ at }) => at),
      idsText(row.invoiceIds),
      opportunitiesText(row),
    ];
    const added = [account, ...(reason === null ? [] : [reason]), ...segments].reduce(
      (sum, part) => sum + part.bytes,
      0,
    );
    bytes += bytesOf(embedded) + added;
    return embedded;
  };

  for (let at = 0; windows.some(({ isFull }) => !isFull); at++) {
    for (const each of windows) {
      const row = each.rows[at];
      each.isFull ||= row === undefined || bytes + rowBytes > limit;
      if (row !== undefined && !each.isFull) each.taken.push(embed(row));
    }
  }

  const amounts = ledger.windows.flatMap(({ rows }) => rows.slice(0, 1).map(({ closingMrr }) => closingMrr));
  const json = inScript({
    decimals: Math.max(0, ...amounts.map((amount) => amount.split('.')[1]?.length ?? 0)),
    movements: movementNames,
    causes: causeNames,
    reasons: reasons.entries,
    accounts: accounts.entries,
    dimensions: ledger.dimensions.map((name, at) => ({
      name: dimensionLabel(name),
      values: values[at]?.entries ?? [],
    })),
    windows: Object.fromEntries(windows.map(({ window, taken, total }) => [window, { total, rows: taken }])),
  });
  return {
    json,
    placeOf: (dimension, segment) => {
      const at = ledger.dimensions.indexOf(dimension);
      const value = values[at]?.find(segment);
      return value === undefined ? '' : `${at}.${value}`;
    },
    counts: Object.fromEntries(
      windows
        .filter(({ window }) => windowNames.includes(window))
        .map(({ window, taken, total }) => [window, { shown: taken.length, total }]),
    ),
  };
};
