/** movements.csv: the ledger of every window, written by the engine, and the head of it for page and workbook. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline as stream } from 'node:stream/promises';
import type { WindowName } from './core/month.ts';
import type { Derived } from './lake/derived.ts';
import type { Lake } from './lake/lake.ts';
import { readLedgerRows } from './ledger-rows.ts';
import type { Ledger, LedgerWindow } from './render/ledger.ts';
import { textCell } from './render/segments-csv.ts';

/** Rows of a window that page and workbook may show. More would make a workbook that no desk opens gladly. */
export const ledgerRowsShown = 40_000;

const before = 'window,account_id,account_name,movement,cause,reason,opening_mrr,closing_mrr,delta_mrr'.split(',');
const ownDimensions = ['acv_band', 'cohort_year'];
const after = 'invoice_ids,opportunity_ids,opportunity_types,opportunity_owners,opportunity_joined_by'.split(',');

export type LedgerPart = { readonly window: WindowName; readonly movements: Derived; readonly moved: number };

/**
 * Writes the ledger of all windows to the new file `path`, beginning with the names of its columns, and resolves with
 * the largest movements of each. `dimensions` are the reported columns of the customers file.
 */
export const writeLedger = async (
  parts: readonly LedgerPart[],
  dimensions: readonly string[],
  lake: Lake,
  path: string,
): Promise<Ledger> => {
  const partOf = (window: WindowName): string => `${path}.${window}`;
  // All of them first: the engine at work and the rows that are shown would not fit beside each other.
  for (const { window, movements } of parts) await lake.exportCsv(movements, partOf(window));
  const windows: LedgerWindow[] = [];
  const content = async function* () {
    yield `${[...before, ...dimensions.map(textCell), ...ownDimensions, ...after].join(',')}\n`;
    for (const { window, moved } of parts) {
      const part = partOf(window);
      windows.push({ window, rows: await readLedgerRows(part, ledgerRowsShown), total: moved });
      yield* createReadStream(part, { start: await headerLength(part) });
      await rm(part);
    }
  };
  await stream(content, createWriteStream(path, { flags: 'wx' }));
  return { dimensions: [...dimensions, ...ownDimensions], windows };
};

/** Bytes of the first line: the engine's own column names, which hold no line end. */
const headerLength = async (path: string): Promise<number> => {
  let length = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 4096 })) {
    const end = chunk.indexOf(0x0a);
    if (end >= 0) return length + end + 1;
    length += chunk.length;
  }
  return length;
};
