import type { JudgedPair } from './judge-pair.ts';
import { scoreOf, shareOf, type Score, type Share } from './score.ts';

/** A table as it is printed and as it is reported. */
export interface Table {
  title: string;
  head: string[];
  rows: string[][];
}

export const isMeaningful = ({ pair }: JudgedPair): boolean => pair.label === 'meaningful';
/** Meaningful without an alert, or an alert without meaning. */
export const isWrong = (judged: JudgedPair): boolean => isMeaningful(judged) !== judged.alerted;

const percent = (value: number | null) => (value === null ? '–' : `${(100 * value).toFixed(1)} %`);
const shareText = ({ hits, of, value, low, high }: Share) =>
  value === null ? '–' : `${percent(value)} (${hits}/${of}; ${percent(low)}–${percent(high)})`;

const scoreHead = ['precision', 'recall', 'F1', 'false alerts'];
const scoreCells = ({ precision, recall, f1, falseAlerts }: Score) => [
  shareText(precision),
  shareText(recall),
  f1 === null ? '–' : f1.toFixed(3),
  shareText(falseAlerts),
];

function scored(judged: readonly JudgedPair[], alerted: (pair: JudgedPair) => boolean): Score {
  return scoreOf(judged.map((pair) => ({ meaningful: isMeaningful(pair), alerted: alerted(pair) })));
}

/** What an evaluation found, as tables; shares are given with their counts and 95 % Wilson intervals. */
export function summaryOf(judged: readonly JudgedPair[]): Table[] {
  const tiers = [...Map.groupBy(judged, ({ pair }) => pair.tier)].sort(([a], [b]) => (a === 'core' ? -1 : b === 'core' ? 1 : a < b ? -1 : 1)); // prettier-ignore
  const rivals = Object.keys(judged[0]?.baselines ?? {});
  const alerts = (pairs: readonly JudgedPair[]) =>
    shareOf(pairs.filter(({ alerted }) => alerted).length, pairs.length);
  return [
    {
      title: 'Torale and simple baselines',
      head: ['tier', 'judge', ...scoreHead],
      rows: tiers.flatMap(([tier, pairs]) => [
        [tier, 'Torale', ...scoreCells(scored(pairs, ({ alerted }) => alerted))],
        ...rivals.map((name) => [tier, name, ...scoreCells(scored(pairs, (pair) => pair.baselines[name]!))]),
      ]),
    },
    {
      title: 'Alerts by label and category',
      head: ['tier', 'label', 'category', 'alerts', 'should be'],
      rows: tiers.flatMap(([tier, pairs]) =>
        [...Map.groupBy(pairs, ({ pair }) => `${pair.label}\n${pair.category}`)]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, group]) => [
            tier,
            ...key.split('\n'),
            shareText(alerts(group)),
            isMeaningful(group[0]!) ? 'all' : 'none',
          ]),
      ),
    },
    {
      title: 'Confidence of alerts, and how many of them were right',
      head: ['confidence', 'right'],
      rows: [
        ...Map.groupBy(
          judged.filter(({ confidence }) => confidence !== null),
          ({ confidence }) => confidence!.toFixed(2),
        ),
      ]
        .sort(([a], [b]) => (a < b ? 1 : -1))
        .map(([confidence, group]) => [
          confidence,
          shareText(shareOf(group.filter(isMeaningful).length, group.length)),
        ]),
    },
  ];
}

/** Plain text with aligned columns. */
export function renderTable({ title, head, rows }: Table): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [title, line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
