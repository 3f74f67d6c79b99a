/** The mail as plain text, in the same order, within 76 columns. Written here and not in a template: it is all padding. */
import type { BridgeTable } from './bridge-table.ts';
import type { TrendInBrief } from './email-trend.ts';
import type { MailView } from './views.ts';

const width = 76;

const lengthOf = (text: string): number => Array.from(text).length;
const padEnd = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - lengthOf(text)));
const padStart = (text: string, columns: number): string => ' '.repeat(Math.max(0, columns - lengthOf(text))) + text;

/** Names give way where a line of figures has no room for them. */
const fitted = (text: string, columns: number): string =>
  lengthOf(text) <= columns
    ? text
    : `${Array.from(text)
        .slice(0, columns - 1)
        .join('')
        .trimEnd()}…`;

/** Folds at spaces; a word that is longer than the line stands alone. */
const folded = (text: string, indent = ''): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && lengthOf(`${indent}${line} ${word}`) > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, indent + line];
};

const heading = (title: string): string[] => ['', title.toUpperCase(), '-'.repeat(width)];

/** Cells as columns: the first flush left, the others flush right, each as wide as its widest cell. */
const columns = (rows: readonly (readonly string[])[], widest = 34): string[] => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.min(column === 0 ? widest : width, Math.max(...rows.map((row) => lengthOf(row[column] ?? '')))),
  );
  return rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? padEnd(text, widths[0] ?? 0) : padStart(text, widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
};

const cardLines = ({ cards }: MailView): string[] =>
  cards.flatMap(({ label, value, changes, standing }) => [
    ...columns([[label, value]], 30),
    ...changes.flatMap(({ against, change }) =>
      folded(`${against}: ${[change.plain, change.verdict].filter((part) => part !== '').join(', ')}`, '  '),
    ),
    ...folded(standing, '  '),
  ]);

const trendLines = ({ months, rows }: TrendInBrief): string[] =>
  columns([['', ...months], ...rows.map(({ label, values }) => [label, ...values])]);

const bridgeLines = (bridge: BridgeTable): string[] =>
  columns([
    ['', ...bridge.columns.map(({ title }) => title)],
    ...bridge.rows.map(({ label, amounts }) => [label, ...amounts.map(({ text }) => text)]),
  ]);

const segmentLines = ({ segments }: MailView): string[] => [
  ...segments.tables.flatMap(({ dimension, lines, more }) => [
    '',
    ...columns(
      [
        [fitted(dimension, 40), 'NDR', 'GRR', 'Involuntary'],
        ...lines.map(({ name, ndr, grr, involuntary }) => [fitted(name, 40), ndr, grr, involuntary]),
      ],
      40,
    ).flatMap((line, row) => {
      const { accounts, openingMrr, flags } = lines[row - 1] ?? { accounts: '', openingMrr: '', flags: '' };
      const told = [accounts, openingMrr, flags].filter((part) => part !== '').join(', ');
      return told === '' ? [line] : [line, ...folded(told, '  ')];
    }),
    ...(more === '' ? [] : [`  ${more}`]),
  ]),
  ...(segments.more === '' ? [] : ['', segments.more]),
];

const moverLines = ({ movers }: MailView): string[] =>
  movers.flatMap(({ account, why, from, to, change }) => [
    `${padEnd(fitted(account, 50), 50)} ${padStart(change.plain, 24)}`.trimEnd(),
    ...folded(`${why} (${from} to ${to})`, '  '),
  ]);

const qualityLines = ({ gates, allClear, restatement, facts, notes, definitions }: MailView): string[] => [
  ...(gates.length === 0 ? folded(allClear) : gates.flatMap(({ title, message }) => folded(`${title}. ${message}`))),
  ...(restatement === null
    ? []
    : [
        ...folded(`Restated: ${restatement.summary}`),
        ...restatement.changes.flatMap(({ figure, was, now }) => folded(`${figure}: was ${was}, now ${now}`, '  ')),
        ...(restatement.more === '' ? [] : [`  ${restatement.more}`]),
      ]),
  '',
  ...folded(facts.map(({ name, value }) => `${name}: ${value}`).join('; ')),
  ...notes.flatMap((note) => folded(note)),
  ...heading('What the words mean'),
  ...definitions.flatMap(({ term, meaning }) => folded(`${term}: ${meaning}`)),
];

export const emailText = (view: MailView): string => {
  const { bridge, involuntary, movers, segments, trend } = view;
  const lines = [
    `Retention report, ${view.month}`,
    '='.repeat(width),
    ...folded(view.narrative.moved),
    ...folded(view.narrative.churned),
    ...(view.narrative.note === '' ? [] : folded(view.narrative.note)),
    ...heading(view.period === '' ? 'Key figures' : `Key figures, ${view.period}`),
    ...cardLines(view),
    ...(view.accounts === '' ? [] : folded(view.accounts)),
    ...(trend.table === null ? [] : [...heading(`NDR and GRR over time, ${view.period}`), ...trendLines(trend.table)]),
    ...(bridge === null ? [] : [...heading(`Bridge, ${view.currency}`), ...bridgeLines(bridge)]),
    ...(segments.tables.length === 0
      ? []
      : [...heading(`Segments, ${view.period}`).slice(0, 3), ...segmentLines(view).slice(1)]),
    ...(involuntary === null
      ? []
      : [
          ...heading(`Failed payments, ${involuntary.period}`),
          ...involuntary.stats.flatMap(({ label, value, detail }) => [
            ...columns([[label, value]]),
            ...folded(detail, '  '),
          ]),
          ...folded(involuntary.counterfactual),
        ]),
    ...(movers.length === 0
      ? []
      : [...heading(`Largest moves, ${view.currency}, ${view.period}`), ...moverLines(view)]),
    ...heading('Data quality'),
    ...qualityLines(view),
  ];
  return `${lines.join('\n').replaceAll('\u00a0', ' ')}\n`;
};
