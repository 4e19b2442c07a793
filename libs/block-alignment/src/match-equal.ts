import type { Block } from '@torale/contracts';
import { foldedText } from './canonical.ts';

/** A block that has no equal on the other side. */
export interface Leftover {
  block: Block;
  /** Position in its own list. */
  index: number;
  /** Number of unmoved blocks before it: leftovers with the same gap stand between the same neighbours. */
  gap: number;
}

export interface EqualMatch {
  /** Pairs of positions, in the order of the second list. */
  pairs: { before: number; after: number; moved: boolean }[];
  beforeLeft: Leftover[];
  afterLeft: Leftover[];
}

/**
 * Pairs the blocks that read alike (same folded text, whatever their kind or place), each once, in order. A pair is
 * moved when it breaks the order of the others: what is not on the longest run of pairs in the same order.
 */
export function matchEqual(before: readonly Block[], after: readonly Block[]): EqualMatch {
  const waiting = new Map<string, number[]>();
  // Pages repeat themselves between checks: most texts are folded once for both sides.
  const keys = new Map<string, string>();
  const oldTexts = new Set(before.map(({ text }) => text));
  const sameTexts = new Set(after.map(({ text }) => text).filter((text) => oldTexts.has(text)));
  const keyOf = (text: string) => {
    // What reads alike to the letter needs no folding.
    if (sameTexts.has(text)) return text;
    let key = keys.get(text);
    if (key === undefined) keys.set(text, (key = foldedText(text)));
    return key;
  };
  for (let i = before.length - 1; i >= 0; i--) {
    const key = keyOf(before[i]!.text);
    const list = waiting.get(key);
    if (list) list.push(i);
    else waiting.set(key, [i]);
  }
  const equal: { before: number; after: number }[] = [];
  const afterAlone: number[] = [];
  for (let j = 0; j < after.length; j++) {
    const i = waiting.get(keyOf(after[j]!.text))?.pop();
    if (i === undefined) afterAlone.push(j);
    else equal.push({ before: i, after: j });
  }
  const beforeAlone = [...waiting.values()].flat().sort((a, b) => a - b);
  const anchors = longestRun(equal.map((pair) => pair.before));
  const anchored = equal.filter((_, index) => anchors.has(index));
  return {
    pairs: equal.map((pair, index) => ({ ...pair, moved: !anchors.has(index) })),
    beforeLeft: withGaps(
      before,
      beforeAlone,
      anchored.map((pair) => pair.before),
    ),
    afterLeft: withGaps(
      after,
      afterAlone,
      anchored.map((pair) => pair.after),
    ),
  };
}

function withGaps(blocks: readonly Block[], positions: number[], anchors: number[]): Leftover[] {
  let gap = 0;
  return positions.map((index) => {
    while (gap < anchors.length && anchors[gap]! < index) gap++;
    return { block: blocks[index]!, index, gap };
  });
}

/** Positions of a longest strictly increasing run of `values`, in O(n log n). */
function longestRun(values: number[]): Set<number> {
  const tails: number[] = [];
  const previous = new Int32Array(values.length).fill(-1);
  for (let index = 0; index < values.length; index++) {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[tails[middle]!]! < values[index]!) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[index] = tails[low - 1]!;
    tails[low] = index;
  }
  const run = new Set<number>();
  for (let index = tails.at(-1) ?? -1; index !== -1; index = previous[index]!) run.add(index);
  return run;
}
