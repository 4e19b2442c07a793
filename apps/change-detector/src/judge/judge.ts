import type { Embedder } from '@torale/ai';
import type { ChangeAlert, Evidence, NotifyBehavior, Verdict } from '@torale/contracts';
import { alignBlocks, type Alignment, type BlockChange } from '../align/align.ts';
import { differencesBetween } from '../difference/difference.ts';
import { noiseReasonOf } from '../noise/noise.ts';
import { edgesOf } from '../noise/page-edges.ts';
import { amountOf } from '../sentence/read-condition.ts';
import type { Condition, Reading } from '../sentence/reading.ts';
import type { Value } from '../values/value.ts';
import { rankOf, severityOf, type JudgedChange } from './judged-change.ts';
import { observe, type Observation } from './observe.ts';
import { relevanceOf, relevantFrom } from './relevance.ts';
import type { Version } from './sighting.ts';
import { changeSummary, conditionSummary, excerpt, unmetReason } from './wording.ts';

export interface JudgeInput {
  reading: Reading;
  notifyBehavior: NotifyBehavior;
  sourceUrl: string;
  /** Null at the first check. */
  before: Version | null;
  after: Version;
}

export type AlertDraft = Pick<
  ChangeAlert,
  'kind' | 'severity' | 'summary' | 'evidence' | 'similarity' | 'confidence' | 'condition_met' | 'judged_by'
>;

export type Judgement =
  | { verdict: Exclude<Verdict, 'alert'>; reason: string; alert: null }
  | { verdict: 'alert'; reason: string; alert: AlertDraft };

const mostEvidence = 10;
const mostExamined = 400;
const longestEvidence = 2_000;
const silent = (verdict: Exclude<Verdict, 'alert'>, reason: string): Judgement => ({
  verdict,
  reason,
  alert: null,
});

/**
 * The verdict on what changed between two versions, for one sentence, by rules alone. A condition decides where the
 * sentence has one: it alerts when it becomes true (and, where every change is asked for, when its value changes
 * while it is true), and when it is true at the first sight. Otherwise a real change alerts that is about the subject.
 */
export async function judge(input: JudgeInput, embedder: Embedder | null): Promise<Judgement> {
  const { reading, before, after } = input;
  if (before === null) return judgeFirst(input);
  const alignment = await alignBlocks(before.blocks, after.blocks, embedder);
  const judged = judgeChanges(input, before, alignment);
  const real = judged.filter(({ noise }) => noise === null);
  if (reading.condition) return judgeCondition(input, reading.condition, before, alignment, judged, real);
  if (real.length === 0) return judgeNoise(alignment, judged);

  const relevance = reading.anyChange
    ? real.map(() => 1)
    : await relevanceOf(
        real.map(({ change }) => change),
        reading,
        after.title,
        embedder,
      );
  const relevant = real
    .map((change, index) => ({ ...change, relevance: relevance[index]! }))
    .filter((change) => change.relevance >= relevantFrom)
    .sort((a, b) => rankOf[severityOf(b)] - rankOf[severityOf(a)] || b.relevance - a.relevance);
  const [first, ...others] = relevant;
  if (!first) {
    return silent(
      'changed',
      `Real, but not about “${reading.subject}”: ${changeSummary(real[0]!)}${more(real.length - 1)}.`,
    );
  }
  const summary = `${changeSummary(first)}${more(others.length)}.`;
  return {
    verdict: 'alert',
    reason: reading.anyChange
      ? `${count(relevant.length)} on this page: ${summary}`
      : `${count(relevant.length)} about “${reading.subject}”: ${summary}`,
    alert: {
      kind: 'change',
      severity: severityOf(first),
      summary,
      evidence: relevant.slice(0, mostEvidence).map(({ change }) => evidenceOf(change, input.sourceUrl)),
      similarity: alignment.similarity,
      confidence: round(0.55 + 0.35 * first.relevance),
      condition_met: null,
      judged_by: 'rules',
    },
  };
}

function judgeFirst({ reading, after, sourceUrl }: JudgeInput): Judgement {
  const { condition } = reading;
  const seen = condition && condition.kind !== 'movement' ? observe(condition, reading, after) : null;
  // What was never there has not gone.
  const telling =
    condition?.kind === 'mention' && condition.absent ? false : seen?.met === true && seen.block !== null;
  if (!condition || !seen || !telling) {
    return silent(
      'baseline',
      `The first content of this source; from here on it is compared.${seen ? ` So far: ${unmetReason(condition!, reading, null, seen)}.` : ''}`,
    );
  }
  const summary = conditionSummary(condition, reading, null, seen);
  return {
    verdict: 'alert',
    reason: `The condition was true at the first check: ${summary}`,
    alert: {
      kind: 'already_met',
      severity: 'high',
      summary,
      evidence: [
        {
          kind: 'unchanged',
          before: null,
          after: clip(seen.block!.text),
          path: seen.block!.path,
          source_url: sourceUrl,
        },
      ],
      similarity: null,
      confidence: round(seen.certainty),
      condition_met: true,
      judged_by: 'rules',
    },
  };
}

function judgeChanges(
  { reading, after }: JudgeInput,
  before: Version,
  { changes }: Alignment,
): JudgedChange[] {
  const context = {
    asked: reading.asked,
    title: after.title,
    edges: { before: edgesOf(before.blocks), after: edgesOf(after.blocks) },
    days: { before: before.fetched_at.slice(0, 10), after: after.fetched_at.slice(0, 10) },
  };
  return withoutExpiredItems(changes).map((change, index) => {
    // A page that changed from top to bottom has surely changed.
    if (index >= mostExamined) return { change, differences: [], noise: null };
    const differences =
      change.kind === 'edited' ? differencesBetween(change.before.text, change.after.text) : [];
    return { change, differences, noise: noiseReasonOf(change, differences, context) };
  });
}

/** A feed shows its newest items: one that is no longer among them has not been withdrawn. */
const withoutExpiredItems = (changes: readonly BlockChange[]): BlockChange[] =>
  changes.filter((change) => !(change.kind === 'removed' && change.before.kind === 'feed_item'));

function judgeNoise({ moved }: Alignment, judged: JudgedChange[]): Judgement {
  const reasons = [...new Set(judged.map(({ noise }) => noise!))];
  if (reasons.length > 0) return silent('noise', `Nothing but noise: ${reasons.join('; ')}.`);
  return moved > 0
    ? silent('noise', 'The same content in another order.')
    : silent('unchanged', 'The content reads the same.');
}

// Conditions ------------------------------------------------------------------------------------------------------

function judgeCondition(
  input: JudgeInput,
  condition: Condition,
  before: Version,
  alignment: Alignment,
  judged: JudgedChange[],
  real: JudgedChange[],
): Judgement {
  const { reading, after, sourceUrl, notifyBehavior } = input;
  const now = observe(condition, reading, after);
  const then = observeBefore(condition, reading, before, now, alignment);
  const evidence = evidenceFor(then, now, alignment, sourceUrl);
  const moved = then.value !== null && now.value !== null && then.value.key !== now.value.key;
  const met =
    condition.kind === 'movement'
      ? moved && movedEnough(condition, then.value!, now.value!)
      : now.met === true && (then.met !== true || (moved && notifyBehavior === 'always'));
  if (met && evidence) {
    const summary = conditionSummary(condition, reading, then, now);
    const again = condition.kind !== 'movement' && then.met === true;
    return {
      verdict: 'alert',
      reason: again
        ? `The condition still holds and its value changed: ${summary}`
        : `The condition became true: ${summary}`,
      alert: {
        kind: 'change',
        severity: again ? 'medium' : 'high',
        summary,
        evidence: [evidence],
        similarity: alignment.similarity,
        confidence: round(Math.min(now.certainty, then.value || then.block ? 1 : 0.85)),
        condition_met: true,
        judged_by: 'rules',
      },
    };
  }
  const why = unmetReason(condition, reading, then, now);
  if (moved) return silent('changed', `${sentence(why)}.`);
  if (real.length === 0) {
    const quiet = judgeNoise(alignment, judged);
    return { ...quiet, reason: `${quiet.reason} ${sentence(why)}.` } as Judgement;
  }
  return silent('changed', `${changeSummary(real[0]!)}${more(real.length - 1)}; but ${why}.`);
}

/**
 * What the version before said. A measured value is read from the block that became the one watched now, so that
 * another value elsewhere on the page is never taken for its past.
 */
function observeBefore(
  condition: Condition,
  reading: Reading,
  before: Version,
  now: Observation,
  alignment: Alignment,
): Observation {
  if ((condition.kind === 'comparison' || condition.kind === 'movement') && now.index !== null) {
    for (const [old, current] of alignment.counterparts) {
      if (current !== now.index) continue;
      const there = observe(condition, reading, before, old);
      if (there.value) return there;
    }
  }
  return observe(condition, reading, before);
}

function movedEnough(
  { direction, by }: Extract<Condition, { kind: 'movement' }>,
  before: Value,
  after: Value,
): boolean {
  const [old, now] = [before, after].map((value) => amountOf(value as Parameters<typeof amountOf>[0])) as [
    number,
    number,
  ];
  if (direction === 'down' ? now >= old : direction === 'up' ? now <= old : now === old) return false;
  if (!by) return true;
  const distance = Math.abs(now - old);
  return by.of === 'percentage' ? distance >= (Math.abs(old) * by.amount) / 100 : distance >= by.amount;
}

/** The change that a condition was decided on; null when it was decided on blocks that stayed the same. */
function evidenceFor(
  then: Observation,
  now: Observation,
  { changes }: Alignment,
  sourceUrl: string,
): Evidence | null {
  const change =
    changes.find((candidate) => candidate.kind !== 'removed' && candidate.afterIndex === now.index) ??
    changes.find((candidate) => candidate.kind !== 'added' && candidate.beforeIndex === then.index);
  if (!change) return null;
  if (change.kind === 'added' && then.block) {
    return {
      kind: 'edited',
      before: clip(then.block.text),
      after: clip(change.after.text),
      path: change.after.path,
      source_url: sourceUrl,
    };
  }
  return evidenceOf(change, sourceUrl);
}

const evidenceOf = ({ kind, before, after }: BlockChange, sourceUrl: string): Evidence => ({
  kind,
  before: before && clip(before.text),
  after: after && clip(after.text),
  path: (after ?? before)!.path,
  source_url: sourceUrl,
});

const clip = (text: string) => excerpt(text, longestEvidence);
const round = (share: number) => Math.round(share * 100) / 100;
const more = (others: number) =>
  others === 0 ? '' : ` (and ${others} more ${others === 1 ? 'change' : 'changes'})`;
const count = (changes: number) => (changes === 1 ? 'A change' : `${changes} changes`);
const sentence = (clause: string) => clause.charAt(0).toUpperCase() + clause.slice(1);
