import type { ConditionState } from '@torale/contracts';
import type { Condition, Reading } from '../sentence/reading.ts';
import { observe } from './observe.ts';
import type { Version } from './sighting.ts';
import { capital, conditionSummary, excerpt, unmetReason } from './wording.ts';

const longestEvidence = 2_000;

/** What one version says about a condition, by itself: a movement shows only from one version to the next. */
export function conditionState(
  condition: Condition,
  reading: Reading,
  version: Version,
  sourceUrl: string,
): ConditionState {
  const seen = observe(condition, reading, version);
  return {
    met: seen.met,
    reason: seen.met
      ? conditionSummary(condition, reading, null, seen)
      : `${capital(unmetReason(condition, reading, null, seen))}.`,
    evidence: seen.block && {
      kind: 'unchanged',
      before: null,
      after: excerpt(seen.block.text, longestEvidence),
      path: seen.block.path,
      source_url: sourceUrl,
    },
    confidence: seen.certainty,
  };
}
