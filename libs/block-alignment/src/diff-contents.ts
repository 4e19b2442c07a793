import type { BlockDifference, Content, ContentDiff, ContentSummary } from '@torale/contracts';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { alignBlocks } from './align.ts';

const contextLines = 3;
/** Texts that take longer to line up have little in common, milliseconds. */
const unifiedTimeoutMs = 500;
const mostEdits = 5_000;

/**
 * What differs between two contents, for people to look at. By words alone, without vectors, so that the same two
 * contents always give the same difference.
 */
export async function diffContents(before: Content, after: Content): Promise<ContentDiff> {
  const { changes, moves, similarity } = await alignBlocks(before.blocks, after.blocks, null);
  const removed = changes.filter((change) => change.kind === 'removed');
  const standing: (BlockDifference & { after_index: number })[] = [
    ...moves.map(({ beforeIndex, afterIndex }) => ({
      kind: 'moved' as const,
      before: before.blocks[beforeIndex]!,
      after: after.blocks[afterIndex]!,
      before_index: beforeIndex,
      after_index: afterIndex,
    })),
    ...changes
      .filter((change) => change.kind !== 'removed')
      .map((change) => ({
        kind: change.kind,
        before: change.before,
        after: change.after,
        before_index: change.kind === 'edited' ? change.beforeIndex : null,
        after_index: change.afterIndex,
      })),
  ];
  return {
    before: summaryOf(before),
    after: summaryOf(after),
    similarity,
    blocks: [
      ...standing.sort((a, b) => a.after_index - b.after_index),
      ...removed.map((change): BlockDifference => ({
        kind: 'removed',
        before: change.before,
        after: null,
        before_index: change.beforeIndex,
        after_index: null,
      })),
    ],
    unified: unifiedDiff(before, after),
  };
}

const summaryOf = ({ blocks: _, ...summary }: Content): ContentSummary => summary;

const textOf = ({ blocks }: Content): string => blocks.map(({ text }) => `${text}\n`).join('');

function unifiedDiff(before: Content, after: Content): string | null {
  return (
    createTwoFilesPatch(
      before.id,
      after.id,
      textOf(before),
      textOf(after),
      before.fetched_at,
      after.fetched_at,
      {
        context: contextLines,
        headerOptions: FILE_HEADERS_ONLY,
        timeout: unifiedTimeoutMs,
        maxEditLength: mostEdits,
      },
    ) ?? null
  );
}
