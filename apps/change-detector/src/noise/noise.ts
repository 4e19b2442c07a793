import { type BlockChange, stemsOf } from '@torale/block-alignment';
import type { Difference } from '../difference/difference.ts';
import { edgeOf, type PageEdges } from './page-edges.ts';
import { furnitureOf } from './furniture.ts';
import type { NoiseFinding } from './noise-finding.ts';
import { volatileBlock, volatileDifference, type FetchDays } from './volatile.ts';

export interface NoiseContext {
  /** Stems of what the sentence asks about: what it names is never noise. */
  asked: ReadonlySet<string>;
  title: string | null;
  /** Of the version before and of the one after. */
  edges: { before: PageEdges; after: PageEdges };
  days: FetchDays;
}

/**
 * Why a changed block is noise, as a phrase; null when at least one of its differences is real. An edited block is
 * noise only if every difference in it is: a mask must never hide a number that stands beside a clock.
 */
export function noiseReasonOf(
  change: BlockChange,
  differences: readonly Difference[],
  context: NoiseContext,
): string | null {
  const stands = (finding: NoiseFinding | null) =>
    finding !== null && ![...stemsOf(finding.words)].some((stem) => context.asked.has(stem));
  const furniture = furnitureOf(change.after ?? change.before, context.title);
  if (stands(furniture)) return furniture!.reason;
  const edge = change.after
    ? edgeOf(change.after, change.afterIndex, context.edges.after)
    : edgeOf(change.before, change.beforeIndex, context.edges.before);
  if (stands(edge)) return edge!.reason;
  if (change.kind !== 'edited') {
    const finding = volatileBlock((change.after ?? change.before).text);
    return stands(finding) ? finding!.reason : null;
  }
  if (differences.length === 0) return 'case, punctuation or spacing';
  const findings = differences.map((difference) =>
    volatileDifference(difference, change.after.text, context.days),
  );
  return findings.every(stands) ? findings[0]!.reason : null;
}
