/** Known mistakes, planted one at a time: each must block the month or make it differ from the second implementation. */
import { Decimal } from 'decimal.js';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Retention } from '../../functions/core/report.ts';
import type { Cell } from '../../functions/core/retention.ts';
import { BlockedError } from '../../functions/gate-fault.ts';
import { queryText, reportQueryNames } from '../../functions/queries/sql.ts';
import { comparable, figuresOf } from './figures.ts';
import { type Home, type Measured, withHome } from './measure-book.ts';
import { mutantBook, mutantSettings } from './mutant-book.ts';
import { mutants } from './mutants.ts';
import { referenceOf } from './reference.ts';

type Planted = {
  query: ((text: string) => string) | null;
  retention: ((figures: Retention, cells: readonly Cell[]) => Retention) | null;
};

// What the product reads goes through here; without a mistake planted it is the product's own.
const planted = vi.hoisted<Planted>(() => ({ query: null, retention: null }));

vi.mock('../../functions/queries/sql.ts', async (original) => {
  const real = await original<typeof import('../../functions/queries/sql.ts')>();
  const text: typeof real.queryText = (name) => planted.query?.(real.queryText(name)) ?? real.queryText(name);
  return { ...real, queryText: text };
});

vi.mock('../../functions/core/retention.ts', async (original) => {
  const real = await original<typeof import('../../functions/core/retention.ts')>();
  const retentionOf: typeof real.retentionOf = (cells, decimals) => {
    const figures = real.retentionOf(cells, decimals);
    return planted.retention?.(figures, cells) ?? figures;
  };
  return { ...real, retentionOf };
});

const month = '2026-10';
const reference = comparable(referenceOf(mutantBook, month, mutantSettings));

/** One home for all: the book is read once, and a changed query makes tables of its own. */
let home: Home;
let takeDown: () => void;
let done: Promise<void>;

beforeAll(async () => {
  await new Promise<void>((ready) => {
    done = withHome(async (opened) => {
      home = opened;
      await home.write(mutantBook);
      ready();
      await new Promise<void>((resolve) => {
        takeDown = resolve;
      });
    });
  });
});
afterEach(() => {
  planted.query = null;
  planted.retention = null;
});
afterAll(async () => {
  takeDown();
  await done;
});

const outcomeOf = async (): Promise<Measured | BlockedError> => {
  try {
    return await home.run(month, mutantSettings);
  } catch (error) {
    if (error instanceof BlockedError) return error;
    throw error;
  }
};

/** Who noticed: the product's own gate, or the comparison with the second implementation. */
const noticed = async (): Promise<string> => {
  const outcome = await outcomeOf();
  if (outcome instanceof BlockedError) return outcome.faults.map(({ code }) => code).join();
  return JSON.stringify(figuresOf(outcome)) === JSON.stringify(reference) ? 'nobody' : 'reference';
};

describe('the book of mutants', () => {
  it('comes out right where nothing is planted', async () => {
    const outcome = await outcomeOf();
    if (outcome instanceof BlockedError) throw outcome;
    expect(figuresOf(outcome)).toEqual(reference);
    expect(await noticed()).toBe('nobody');
  });
});

describe('a mistake in a query', () => {
  it.each(mutants)('$mistake', async ({ find, plant, caughtBy }) => {
    const places = reportQueryNames.flatMap((name) => queryText(name).split(find).slice(1));
    expect(places, 'the text to change is there exactly once').toHaveLength(1);
    planted.query = (text) => text.replace(find, () => plant);
    expect(await noticed()).toBe(caughtBy);
  });

  it('that leaves the bridge open blocks the month and says where', async () => {
    planted.query = (text) => text.replace('FULL JOIN closing', () => 'LEFT JOIN closing');
    const outcome = await outcomeOf();
    expect(outcome).toBeInstanceOf(BlockedError);
    expect(outcome).toMatchObject({ kind: 'blocked', code: 'BRIDGE_OPEN' });
  });
});

describe('a mistake in the figures', () => {
  const ratio = (part: Decimal, base: string) =>
    new Decimal(base).isZero() ? null : part.div(base).toDecimalPlaces(6).toFixed(6);

  it('GRR as the lesser of the totals', async () => {
    planted.retention = (figures) => ({
      ...figures,
      grr: ratio(Decimal.min(figures.openingMrr, figures.closingMrr), figures.openingMrr),
    });
    expect(await noticed()).toBe('reference');
  });

  it('contraction left out of NDR', async () => {
    planted.retention = (figures) => ({
      ...figures,
      ndr: ratio(new Decimal(figures.closingMrr).plus(figures.contractionMrr), figures.openingMrr),
    });
    expect(await noticed()).toBe('reference');
  });

  it('new and reactivated revenue in NDR', async () => {
    planted.retention = (figures, cells) => {
      const closing = cells.reduce((sum, cell) => sum.plus(cell.closing), new Decimal(0));
      return { ...figures, ndr: ratio(closing, figures.openingMrr) };
    };
    expect(await noticed()).toBe('reference');
  });

  it('churned accounts counted as kept', async () => {
    planted.retention = (figures) => ({ ...figures, closingAccounts: figures.openingAccounts });
    expect(await noticed()).toBe('reference');
  });

  it('rates of shorter windows chained to that of a year', async () => {
    let chained = new Decimal(1);
    planted.retention = (figures) => {
      if (figures.openingMrr === reference.windows.ttm?.total.openingMrr)
        return { ...figures, ndr: chained.toDecimalPlaces(6).toFixed(6) };
      chained = chained.times(figures.ndr ?? 1);
      return figures;
    };
    expect(await noticed()).toBe('reference');
  });
});
