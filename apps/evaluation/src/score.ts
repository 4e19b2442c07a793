/** A share with its 95 % Wilson score interval; all null of nothing. */
export interface Share {
  hits: number;
  of: number;
  value: number | null;
  low: number | null;
  high: number | null;
}

const z95 = 1.959964;

/** Wilson's interval holds for few cases and for shares near 0 and 1, where the normal one does not. */
export function shareOf(hits: number, of: number): Share {
  if (of === 0) return { hits, of, value: null, low: null, high: null };
  const value = hits / of;
  const square = z95 ** 2 / of;
  const centre = (value + square / 2) / (1 + square);
  const half = (z95 * Math.sqrt((value * (1 - value) + square / 4) / of)) / (1 + square);
  return { hits, of, value, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

export interface Score {
  precision: Share;
  recall: Share;
  /** Share of the pairs that must be silent and were not. */
  falseAlerts: Share;
  f1: number | null;
}

/** How well alerts tell meaningful pairs from all others. */
export function scoreOf(pairs: readonly { meaningful: boolean; alerted: boolean }[]): Score {
  const count = (meaningful: boolean, alerted?: boolean) =>
    pairs.filter(
      (pair) => pair.meaningful === meaningful && (alerted === undefined || pair.alerted === alerted),
    ).length;
  const [right, wrong] = [count(true, true), count(false, true)];
  const precision = shareOf(right, right + wrong);
  const recall = shareOf(right, count(true));
  return {
    precision,
    recall,
    falseAlerts: shareOf(wrong, count(false)),
    f1:
      precision.value && recall.value
        ? (2 * precision.value * recall.value) / (precision.value + recall.value)
        : null,
  };
}
