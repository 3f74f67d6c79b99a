/** Books that are hard to draw: one month, gaps, nothing but losses, 60 segments, NDR of 400%. */
import type { Bridge, Report } from '../../functions/core/report.ts';
import { makeReport, ttmOf } from './fixture.ts';

const rich = makeReport();

const still: Bridge = {
  opening: '0.00',
  new: '0.00',
  reactivation: '0.00',
  expansion: '0.00',
  contraction: '0.00',
  voluntaryChurn: '0.00',
  involuntaryChurn: '0.00',
  pausedChurn: '0.00',
  unclassifiedChurn: '0.00',
  fx: '0.00',
  closing: '0.00',
};

export const withBridge = (bridge: Partial<Bridge>): Report =>
  makeReport({ windows: { ...rich.windows, ttm: { ...ttmOf(rich), bridge: { ...still, ...bridge } } } });

type Point = Report['trend'][number];

/** The trailing 12 months of the trend, each changed or left out; `index` runs to 23, the newest. */
export const withTrend = (change: (point: Point, index: number) => Point | null): Report =>
  makeReport({
    trend: rich.trend.filter(({ window }) => window === 'ttm').flatMap((point, index) => change(point, index) ?? []),
  });

/** `count` segments, of which each has more accounts than the one before and an NDR from 60% to 140%. */
export const withSegments = (count: number, dimensions: number, name: (index: number) => string): Report => {
  const months = rich.segmentTrend[0]!.points.map(({ month }) => month);
  return makeReport({
    segments: [],
    segmentTrend: Array.from({ length: count }, (_, index) => ({
      window: 'ttm' as const,
      dimension: `dimension_${index % dimensions}`,
      segment: name(index),
      points: months.map((month, at) => ({
        month,
        openingAccounts: 20 + index * 7,
        ndr: (0.6 + ((index * 37 + at * 13) % 80) / 100).toFixed(6),
        grr: '0.600000',
      })),
    })),
  });
};

const longName = (index: number) => `Wholesale, services and more, group ${index}`;

export const hardBooks: Readonly<Record<string, Report>> = {
  'the rich one': rich,
  'nothing but losses': withBridge({
    opening: '50000.00',
    contraction: '4000.00',
    voluntaryChurn: '9000.00',
    involuntaryChurn: '6000.00',
    pausedChurn: '20.00',
    unclassifiedChurn: '30.00',
    closing: '30950.00',
  }),
  'everyone left': withBridge({ opening: '50000.00', voluntaryChurn: '50000.00' }),
  'the first customers': withBridge({ new: '1234.56', closing: '1234.56' }),
  'nothing moved': withBridge({ opening: '5000.00', closing: '5000.00' }),
  'nothing at all': withBridge({}),
  'a book of billions': withBridge({
    opening: '123456789012.00',
    new: '1000.00',
    involuntaryChurn: '2.00',
    closing: '123456790010.00',
  }),
  'every movement': withBridge({
    opening: '1000.00',
    new: '100.00',
    reactivation: '90.00',
    expansion: '80.00',
    contraction: '70.00',
    voluntaryChurn: '60.00',
    involuntaryChurn: '50.00',
    pausedChurn: '40.00',
    unclassifiedChurn: '30.00',
    fx: '-20.00',
    closing: '1000.00',
  }),
  'one month of trend': withTrend((point, index) => (index === 23 ? point : null)),
  'two months of trend': withTrend((point, index) => (index >= 22 ? point : null)),
  'months without a ratio': withTrend((point, index) =>
    index % 5 === 3 || index > 21 ? { ...point, ndr: null, grr: null } : point,
  ),
  'missing months': withTrend((point, index) => (index > 8 && index < 13 ? null : point)),
  'one month of 400%': withTrend((point, index) => (index === 20 ? { ...point, ndr: '4.000000' } : point)),
  'growth to 400%': withTrend((point, index) => ({ ...point, ndr: (1 + index * 0.13043).toFixed(6) })),
  'NDR equal to GRR': withTrend((point) => ({ ...point, ndr: '1.000000', grr: '1.000000' })),
  'far below the benchmark': withTrend((point) => ({ ...point, ndr: '0.510000', grr: '0.500000' })),
  'one segment': withSegments(1, 1, () => 'Only one'),
  '60 segments with long names': withSegments(60, 4, longName),
  '30 dimensions': withSegments(60, 30, longName),
  'no payments': makeReport({ failedPaymentsTrend: [] }),
  'nothing lost': makeReport({ trend: rich.trend.map((point) => ({ ...point, involuntaryChurnMrr: '0.00' })) }),
  'one month of payments': makeReport({
    trend: rich.trend.filter(({ month }) => month === rich.month),
    failedPaymentsTrend: rich.failedPaymentsTrend.slice(-1),
  }),
};
