import type { BlockChange } from '@torale/block-alignment';
import type { ExplainedChange, Explanation, TypedDifference } from '@torale/contracts';
import type { Difference } from '../difference/difference.ts';
import { blockOnPage } from '../ignore/ignored-text.ts';
import type { Examination } from '../judge/judge.ts';
import { excerpt } from '../judge/wording.ts';

const mostChanges = 20;
const mostDifferences = 10;
const textLength = 300;

/** What is stored on a check: the real changes first, the likeliest of them first, then noise; texts clipped. */
export function explanationOf(
  { changes, moved, similarity }: Examination,
  judged: Pick<Explanation, 'judged_by' | 'note' | 'repeats_alert_id'>,
): Explanation {
  const shown = [...changes]
    .sort(
      (a, b) =>
        Number(a.noise !== null) - Number(b.noise !== null) || (b.relevance ?? 0) - (a.relevance ?? 0),
    )
    .slice(0, mostChanges);
  return {
    ...judged,
    similarity,
    moved,
    changes: shown.map(({ change, differences, noise, relevance }) => ({
      ...explainedChangeOf(change, differences),
      noise,
      relevance: relevance === null ? null : Math.round(relevance * 100) / 100,
    })),
    omitted: changes.length - shown.length,
  };
}

export function explainedChangeOf(
  { kind, before, after }: BlockChange,
  differences: readonly Difference[],
): Omit<ExplainedChange, 'noise' | 'relevance'> {
  return {
    kind,
    path: (after ?? before)!.path.map((heading) => excerpt(heading, 100)),
    before: before && excerpt(blockOnPage(before).text, textLength),
    after: after && excerpt(blockOnPage(after).text, textLength),
    differences: typedDifferencesOf(differences).slice(0, mostDifferences),
  };
}

/** Differences as they are shown: the kind of value and how it was and is written. */
export const typedDifferencesOf = (differences: readonly Difference[]): TypedDifference[] =>
  differences.map((difference) =>
    difference.kind === 'value'
      ? {
          kind: (difference.before ?? difference.after)!.kind,
          before: difference.before?.text ?? null,
          after: difference.after?.text ?? null,
        }
      : {
          kind: 'wording',
          before: difference.hunk.before ? excerpt(difference.hunk.before, 120) : null,
          after: difference.hunk.after ? excerpt(difference.hunk.after, 120) : null,
        },
  );
