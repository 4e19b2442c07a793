import { availabilityMentionsIn } from './availability.ts';
import { canonicalText } from './canonical.ts';
import type { Leftover } from './match-equal.ts';
import { cosineOf, diceOf, shapeWordsOf } from './similarity.ts';

/** Vectors by text; a text without one is compared by its words alone. */
export type Vectors = ReadonlyMap<string, Float32Array>;

export interface Pairing {
  edited: { before: Leftover; after: Leftover }[];
  removed: Leftover[];
  added: Leftover[];
}

interface Candidate {
  before: number;
  after: number;
  score: number;
}

/** Below this a new block did not replace the old one: it is another. */
const threshold = 0.5;
const bonus = { path: 0.08, gap: 0.17, kind: 0.05, state: 0.25 };
/** Longer texts say more than whether a thing can be had. */
const longestState = 60;
/** A word in more blocks than this tells none of them apart. */
const commonWord = 40;
const candidatesPerBlock = 12;
/** Where many blocks stand in one gap, those at about the same place in it are compared. */
const nearby = 6;

/**
 * Which of the blocks left over replaced which: ½ word overlap + ½ cosine, and a bonus for the same place in the page.
 * Only blocks that share a word or a gap are compared, so the work grows with the number of blocks and not its square.
 */
export function pairLeftovers(beforeLeft: Leftover[], afterLeft: Leftover[], vectors: Vectors): Pairing {
  const beforeWords = beforeLeft.map(({ block }) => shapeWordsOf(block.text));
  const index = new Map<string, number[]>();
  const byGap = new Map<number, number[]>();
  const byKey = new Map<string, number>();
  beforeLeft.forEach(({ block, gap }, i) => {
    for (const word of new Set(beforeWords[i])) push(index, word, i);
    push(byGap, gap, i);
    if (block.key !== undefined) byKey.set(block.key, i);
  });

  const candidates: Candidate[] = [];
  const rankInGap = new Map<number, number>();
  afterLeft.forEach((right, after) => {
    const twin = right.block.key === undefined ? undefined : byKey.get(right.block.key);
    if (twin !== undefined) {
      candidates.push({ before: twin, after, score: 2 });
      return;
    }
    const rank = rankInGap.get(right.gap) ?? 0;
    rankInGap.set(right.gap, rank + 1);
    const neighbours = (byGap.get(right.gap) ?? []).slice(Math.max(0, rank - nearby), rank + nearby);
    const words = shapeWordsOf(right.block.text);
    for (const before of new Set([...sharing(words, index), ...neighbours])) {
      const left = beforeLeft[before]!;
      // Two items that each have an identity of their own are two items.
      if (left.block.key !== undefined && right.block.key !== undefined) continue;
      const score = scoreOf(left, beforeWords[before]!, right, words, vectors);
      if (score >= threshold) candidates.push({ before, after, score });
    }
  });

  candidates.sort((a, b) => b.score - a.score || a.after - b.after || a.before - b.before);
  const [usedBefore, usedAfter] = [new Set<number>(), new Set<number>()];
  const edited: Pairing['edited'] = [];
  for (const { before, after } of candidates) {
    if (usedBefore.has(before) || usedAfter.has(after)) continue;
    usedBefore.add(before);
    usedAfter.add(after);
    edited.push({ before: beforeLeft[before]!, after: afterLeft[after]! });
  }
  for (const [before, after] of alone(beforeLeft, afterLeft)) {
    if (usedBefore.has(before) || usedAfter.has(after)) continue;
    usedBefore.add(before);
    usedAfter.add(after);
    edited.push({ before: beforeLeft[before]!, after: afterLeft[after]! });
  }
  edited.sort((a, b) => a.after.index - b.after.index);
  return {
    edited,
    removed: beforeLeft.filter((_, i) => !usedBefore.has(i)),
    added: afterLeft.filter((_, j) => !usedAfter.has(j)),
  };
}

function push<K>(map: Map<K, number[]>, key: K, value: number): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/**
 * The pairs that stand alone between the same neighbours: one paragraph in the place of another, whatever it says. An
 * item of a list is another item there.
 */
function alone(beforeLeft: Leftover[], afterLeft: Leftover[]): [number, number][] {
  const only = (leftovers: Leftover[]) =>
    new Map(
      [...Map.groupBy(leftovers.keys(), (index) => leftovers[index]!.gap)].flatMap(([gap, indexes]) =>
        indexes.length === 1 ? [[gap, indexes[0]!] as const] : [],
      ),
    );
  const [old, now] = [only(beforeLeft), only(afterLeft)];
  return [...now].flatMap(([gap, after]): [number, number][] => {
    const before = old.get(gap);
    if (before === undefined) return [];
    const [a, b] = [beforeLeft[before]!.block, afterLeft[after]!.block];
    const inPlace = a.kind === 'paragraph' && b.kind === 'paragraph' && a.path.at(-1) === b.path.at(-1);
    return inPlace ? [[before, after]] : [];
  });
}

/** The blocks that share most of the telling words. */
function sharing(words: string[], index: Map<string, number[]>): number[] {
  const shared = new Map<number, number>();
  for (const word of new Set(words)) {
    const holders = index.get(word);
    if (!holders || holders.length > commonWord) continue;
    for (const holder of holders) shared.set(holder, (shared.get(holder) ?? 0) + 1);
  }
  return [...shared]
    .sort((a, b) => b[1] - a[1])
    .slice(0, candidatesPerBlock)
    .map(([before]) => before);
}

function scoreOf(
  left: Leftover,
  leftWords: string[],
  right: Leftover,
  rightWords: string[],
  vectors: Vectors,
): number {
  const dice = diceOf(leftWords, rightWords);
  const [a, b] = [vectors.get(left.block.text), vectors.get(right.block.text)];
  const likeness = a && b ? (dice + Math.max(0, cosineOf(a, b))) / 2 : dice;
  return (
    likeness +
    (left.gap === right.gap ? bonus.gap : 0) +
    (left.block.kind === right.block.kind ? bonus.kind : 0) +
    (left.block.path.at(-1) === right.block.path.at(-1) ? bonus.path : 0) +
    (left.gap === right.gap && tellsState(left) && tellsState(right) ? bonus.state : 0)
  );
}

/** "In stock" and "Sold out" have no word in common, and one replaces the other. */
const tellsState = ({ block: { text } }: Leftover): boolean =>
  text.length <= longestState && availabilityMentionsIn(canonicalText(text)).length > 0;
