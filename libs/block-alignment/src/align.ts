import type { Embedder } from '@torale/ai';
import type { Block } from '@torale/contracts';
import { foldedText } from './canonical.ts';
import { matchEqual, type Leftover } from './match-equal.ts';
import { pairLeftovers, type Vectors } from './pair-leftovers.ts';
import { diceOf, shapeWordsOf } from './similarity.ts';

/** A block that is not what it was. Positions are those in the two lists. */
export type BlockChange =
  | { kind: 'edited'; before: Block; after: Block; beforeIndex: number; afterIndex: number }
  | { kind: 'added'; before: null; after: Block; afterIndex: number }
  | { kind: 'removed'; before: Block; after: null; beforeIndex: number };

export interface Alignment {
  /** In page order: edited and added blocks by their new place, then removed blocks by their old one. */
  changes: BlockChange[];
  /** Old position → new position of every block that has a counterpart, equal or edited. */
  counterparts: ReadonlyMap<number, number>;
  /** Equal blocks that stand in another order now, by their old and new positions; in the new order. */
  moves: { beforeIndex: number; afterIndex: number }[];
  /** Share of the text that stayed the same, 0 to 1. */
  similarity: number;
}

/** Words alone decide from here on: no vector would say otherwise. */
const surelySame = 0.75;
/** Beyond this the page is another page, and vectors for each block would tell no more. */
const mostVectors = 200;

/**
 * Lines two versions of a page up: equal blocks by their text, the others by likeness and place. A block that only
 * moved, or whose text is now cut into blocks elsewhere, has not changed. The embedder is asked only for blocks
 * that words cannot pair, and may be null.
 */
export async function alignBlocks(
  before: readonly Block[],
  after: readonly Block[],
  embedder: Embedder | null,
): Promise<Alignment> {
  const equal = matchEqual(before, after);
  const { beforeLeft, afterLeft } = withoutReflow(equal.beforeLeft, equal.afterLeft);
  const vectors = embedder
    ? await vectorsFor(beforeLeft, afterLeft, embedder)
    : new Map<string, Float32Array>();
  const { edited, added, removed } = pairLeftovers(beforeLeft, afterLeft, vectors);
  const counterparts = new Map(equal.pairs.map((pair) => [pair.before, pair.after]));
  for (const pair of edited) counterparts.set(pair.before.index, pair.after.index);
  const placed = [
    ...edited.map(({ before, after }): BlockChange & { afterIndex: number } => ({
      kind: 'edited',
      before: before.block,
      after: after.block,
      beforeIndex: before.index,
      afterIndex: after.index,
    })),
    ...added.map(({ block, index }): BlockChange & { afterIndex: number } => ({
      kind: 'added',
      before: null,
      after: block,
      afterIndex: index,
    })),
  ].sort((a, b) => a.afterIndex - b.afterIndex);
  return {
    changes: [
      ...placed,
      ...removed.map(({ block, index }): BlockChange => ({
        kind: 'removed',
        before: block,
        after: null,
        beforeIndex: index,
      })),
    ],
    counterparts,
    moves: equal.pairs
      .filter(({ moved }) => moved)
      .map(({ before, after }) => ({ beforeIndex: before, afterIndex: after })),
    similarity: shareOfSame(before, after, beforeLeft, afterLeft),
  };
}

/** Drops runs of leftovers that read the same once joined: the same text, cut into blocks elsewhere. */
function withoutReflow(
  beforeLeft: Leftover[],
  afterLeft: Leftover[],
): { beforeLeft: Leftover[]; afterLeft: Leftover[] } {
  const oldRuns = Map.groupBy(beforeLeft, ({ gap }) => gap);
  const newRuns = Map.groupBy(afterLeft, ({ gap }) => gap);
  const joined = (run: Leftover[]) => foldedText(run.map(({ block }) => block.text).join(' '));
  const same = new Set(
    [...oldRuns]
      .filter(([gap, run]) => newRuns.has(gap) && joined(run) === joined(newRuns.get(gap)!))
      .map(([gap]) => gap),
  );
  const keep = ({ gap }: Leftover) => !same.has(gap);
  return { beforeLeft: beforeLeft.filter(keep), afterLeft: afterLeft.filter(keep) };
}

async function vectorsFor(
  beforeLeft: Leftover[],
  afterLeft: Leftover[],
  embedder: Embedder,
): Promise<Vectors> {
  const gaps = Map.groupBy(beforeLeft, ({ gap }) => gap);
  const decided = ({ block, gap }: Leftover) => {
    const rivals = gaps.get(gap);
    return (
      rivals?.length === 1 &&
      diceOf(shapeWordsOf(rivals[0]!.block.text), shapeWordsOf(block.text)) >= surelySame
    );
  };
  const open = afterLeft.filter((leftover) => !decided(leftover));
  if (beforeLeft.length === 0 || open.length === 0) return new Map();
  const texts = [...new Set([...beforeLeft, ...open].map(({ block }) => block.text))];
  if (texts.length > mostVectors) return new Map();
  const vectors = await embedder.embed(texts);
  return new Map(texts.map((text, index) => [text, vectors[index]!]));
}

function shareOfSame(
  before: readonly Block[],
  after: readonly Block[],
  beforeLeft: Leftover[],
  afterLeft: Leftover[],
): number {
  const length = (blocks: readonly Block[]) => blocks.reduce((sum, { text }) => sum + text.length, 0);
  const all = length(before) + length(after);
  const changed = length(beforeLeft.map(({ block }) => block)) + length(afterLeft.map(({ block }) => block));
  return all === 0 ? 1 : 1 - changed / all;
}
