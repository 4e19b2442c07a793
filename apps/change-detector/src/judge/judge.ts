import type { Embedder } from '@torale/ai';
import { alignBlocks, type Alignment, type BlockChange, stemsOf, wordCountOf } from '@torale/block-alignment';
import {
  defaultThresholds,
  type Block,
  type ChangeAlert,
  type Evidence,
  type NotifyBehavior,
  type Verdict,
} from '@torale/contracts';
import { withLessons, type Lesson, type Taught } from '../feedback/lessons.ts';
import { blockOnPage, withoutIgnoredText } from '../ignore/ignored-text.ts';
import { differencesBetween, type Difference } from '../difference/difference.ts';
import { flappingOf, volatilityOf, type History } from '../noise/history.ts';
import { noiseReasonOf } from '../noise/noise.ts';
import { edgesOf } from '../noise/page-edges.ts';
import { amountOf } from '../sentence/read-condition.ts';
import type { Condition, Reading } from '../sentence/reading.ts';
import type { Value } from '../values/value.ts';
import { rankOf, severityOf, type JudgedChange } from './judged-change.ts';
import { observe, type Observation } from './observe.ts';
import { relevanceOf } from './relevance.ts';
import type { Version } from './sighting.ts';
import { capital, changeSummary, conditionSummary, excerpt, unmetReason } from './wording.ts';

export interface JudgeInput {
  reading: Reading;
  /** How much a change must be about the subject, 0 to 1. */
  relevantFrom?: number;
  /** What feedback on alerts of this source taught. */
  lessons?: readonly Lesson[];
  notifyBehavior: NotifyBehavior;
  /** Rules of what makes no difference. */
  ignoredText?: readonly string[];
  sourceUrl: string;
  /** Null at the first check. */
  before: Version | null;
  /** The version that the last alert was raised on, or else the first one; what creeps is compared with it too. */
  alerted?: Version | null;
  /** What stood at the last checks, newest first; the first is the blocks of `before`. */
  history?: History;
  after: Version;
  /** `before` was read under other settings of the source: how the two differ is no news. */
  readAnew?: boolean;
}

export type AlertDraft = Pick<
  ChangeAlert,
  'kind' | 'severity' | 'summary' | 'evidence' | 'similarity' | 'confidence' | 'condition_met' | 'judged_by'
>;

/** What a verdict rests on. */
export interface Examination {
  /**
   * `condition`: values decided. `unseen`: there is a condition, and nothing on the page to decide it by.
   * `relevance`: there is none; what is about the subject counts. `none`: nothing was compared.
   */
  basis: 'none' | 'condition' | 'unseen' | 'relevance';
  /** Relevance is null where it was not asked; `lesson` is the feedback that moved it. */
  changes: (JudgedChange & { relevance: number | null; lesson: string | null })[];
  moved: number;
  /** Null without a before. */
  similarity: number | null;
  /** The value that a condition was decided on. */
  watched: Value | null;
}

export type Verdicted =
  | { verdict: Exclude<Verdict, 'alert'>; reason: string; alert: null }
  | { verdict: 'alert'; reason: string; alert: AlertDraft };
export type Judgement = Verdicted & { examined: Examination };

const mostEvidence = 10;
const mostExamined = 400;
const longestEvidence = 2_000;
const silent = (verdict: Exclude<Verdict, 'alert'>, reason: string): Verdicted => ({
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
  const { reading, before, after, lessons = [], ignoredText = [] } = input;
  if (before === null || input.readAnew) {
    const { watched, ...verdicted } = judgeFirst(input);
    return {
      ...verdicted,
      examined: { basis: 'none', changes: [], moved: 0, similarity: null, watched },
    };
  }
  const compared = (blocks: readonly Block[]) => withoutIgnoredText(blocks, ignoredText);
  const old = compared(before.blocks);
  const history = (input.history ?? []).map((blocks) => (blocks === before.blocks ? old : compared(blocks)));
  const alignment = await alignBlocks(old, compared(after.blocks), embedder);
  const judged = judgeChanges(input, before, alignment, history);
  const examined = (basis: Examination['basis'], taught = new Map<JudgedChange, Taught>()) => ({
    basis,
    changes: judged.map((change) => ({
      ...change,
      ...(taught.get(change) ?? { relevance: null, lesson: null }),
    })),
    moved: alignment.moves.length,
    similarity: alignment.similarity,
    watched: null,
  });
  const real = judged.filter(({ noise }) => noise === null);
  if (reading.condition) {
    const { unseen, watched, ...verdicted } = judgeCondition(
      input,
      reading.condition,
      before,
      alignment,
      judged,
      real,
    );
    return { ...verdicted, examined: { ...examined(unseen ? 'unseen' : 'condition'), watched } };
  }
  if (real.length === 0) return { ...judgeNoise(alignment, judged), examined: examined('relevance') };

  const scores = reading.anyChange
    ? real.map(() => 1)
    : await relevanceOf(
        real.map(({ change }) => change),
        reading,
        after.title,
        embedder,
      );
  const taught = real.map((change, index) => {
    const settled = withoutVolatility(change, scores[index]!, input, history);
    return settled.lesson ? settled : withLessons(change, settled.relevance, lessons);
  });
  return {
    ...judgeRelevance(input, alignment, real, taught),
    examined: examined('relevance', new Map(real.map((change, index) => [change, taught[index]!]))),
  };
}

/** Discounts a place that changes by itself in proportion, unless the sentence names it. */
function withoutVolatility(
  { change }: JudgedChange,
  relevance: number,
  { reading }: JudgeInput,
  history: History,
): Taught {
  const volatility = volatilityOf(change, history);
  const named = stemsOf(
    `${(change.after ?? change.before).text} ${(change.after ?? change.before).path.at(-1) ?? ''}`,
  );
  if (!volatility || [...reading.asked].some((stem) => named.has(stem))) return { relevance, lesson: null };
  const { changed, steps } = volatility;
  const share = changed / steps;
  return {
    relevance: relevance * (1 - share),
    lesson: share > 0.5 ? `in a place that changed at ${changed} of the last ${steps} checks` : null,
  };
}

function judgeRelevance(
  { reading, sourceUrl, relevantFrom = defaultThresholds.relevance }: JudgeInput,
  alignment: Alignment,
  real: JudgedChange[],
  taught: Taught[],
): Verdicted {
  const relevant = real
    .map((change, index) => ({ ...change, ...taught[index]! }))
    .filter(({ relevance }) => relevance >= relevantFrom);
  const [first] = relevant;
  if (!first) {
    const unwanted = taught.find(({ lesson }) => lesson)?.lesson;
    return silent(
      'changed',
      `Real, but ${unwanted ?? `not about “${reading.subject}”`}: ${changeSummary(real[0]!)}${more(real.length - 1)}.`,
    );
  }
  const alert = alertOn(relevant, alignment.similarity, sourceUrl);
  const because = reading.anyChange ? 'on this page' : `about “${reading.subject}”`;
  const lesson = relevant.find((change) => change.lesson)?.lesson;
  return {
    verdict: 'alert',
    reason: `${count(relevant.length)} ${because}${lesson ? `, and ${lesson}` : ''}: ${alert.summary}`,
    alert,
  };
}

/** The alert that tells these changes, at least one, the weightiest first. */
export function alertOn(
  changes: readonly (JudgedChange & { relevance: number | null })[],
  similarity: number | null,
  sourceUrl: string,
): AlertDraft {
  const [first, ...others] = [...changes].sort(
    (a, b) => rankOf[severityOf(b)] - rankOf[severityOf(a)] || (b.relevance ?? 0) - (a.relevance ?? 0),
  ) as [JudgedChange & { relevance: number | null }, ...JudgedChange[]];
  return {
    kind: 'change',
    severity: severityOf(first),
    summary: `${changeSummary(first)}${more(others.length)}.`,
    evidence: [first, ...others].slice(0, mostEvidence).map(({ change }) => evidenceOf(change, sourceUrl)),
    similarity,
    confidence: confidenceIn(changes, first.relevance ?? 0),
    condition_met: null,
    judged_by: 'rules',
  };
}

/**
 * Shares of right alerts on changes-dev, rounded down to what their intervals allow (README): a typed value or a
 * sentence is hardly ever noise that was not noticed, a few words may be.
 */
const certainty = { telling: 0.95, fewWords: 0.75 };
const sentenceWords = 12;
/** What is about the subject only in part may be about something else. */
const irrelevanceWeight = 0.35;

function confidenceIn(changes: readonly JudgedChange[], relevance: number): number {
  const isTelling = changes.some(
    ({ change, differences }) =>
      differences.some(({ kind }) => kind === 'value') ||
      wordCountOf((change.after ?? change.before).text) >= sentenceWords,
  );
  return round((isTelling ? certainty.telling : certainty.fewWords) - irrelevanceWeight * (1 - relevance));
}

/** Nothing is compared; a condition that is true is told, unless it was before. */
function judgeFirst({
  reading,
  before,
  after,
  sourceUrl,
}: JudgeInput): Verdicted & { watched: Value | null } {
  const { condition } = reading;
  const seen = condition && condition.kind !== 'movement' ? observe(condition, reading, after) : null;
  const first = before === null ? 'The first content of this source' : 'The source is read in a new way';
  if (before && condition && seen?.met === true && observe(condition, reading, before).met === true) {
    return {
      ...silent(
        'baseline',
        `${first}; from here on it is compared. The condition was true before and still is.`,
      ),
      watched: seen.value,
    };
  }
  // What was never there has not gone.
  const telling =
    condition?.kind === 'mention' && condition.absent ? false : seen?.met === true && seen.block !== null;
  if (!condition || !seen || !telling) {
    const soFar = seen ? ` So far: ${unmetReason(condition!, reading, null, seen)}.` : '';
    return {
      ...silent('baseline', `${first}; from here on it is compared.${soFar}`),
      watched: null,
    };
  }
  const summary = conditionSummary(condition, reading, null, seen);
  return {
    watched: seen.value,
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
  history: History,
): JudgedChange[] {
  const context = {
    asked: reading.asked,
    title: after.title,
    edges: { before: edgesOf(before.blocks), after: edgesOf(after.blocks) },
    days: { before: before.fetched_at.slice(0, 10), after: after.fetched_at.slice(0, 10) },
  };
  const flapping = (change: BlockChange, differences: readonly Difference[]) =>
    [...stemsOf((change.after ?? change.before).text)].some((stem) => reading.asked.has(stem))
      ? null
      : flappingOf(change, differences, history);
  return withoutExpiredItems(changes)
    .filter(isCompared)
    .map((change, index) => {
      // A page that changed from top to bottom has surely changed.
      if (index >= mostExamined) return { change, differences: [], noise: null };
      const differences =
        change.kind === 'edited' ? differencesBetween(change.before.text, change.after.text) : [];
      return {
        change,
        differences,
        noise: noiseReasonOf(change, differences, context) ?? flapping(change, differences),
      };
    });
}

/** A block of which nothing is compared may come and go. */
const isCompared = ({ before, after }: BlockChange): boolean => Boolean(before?.text || after?.text);

/** A feed shows its newest items: one that is no longer among them has not been withdrawn. */
const withoutExpiredItems = (changes: readonly BlockChange[]): BlockChange[] =>
  changes.filter((change) => !(change.kind === 'removed' && change.before.kind === 'feed_item'));

function judgeNoise({ moves }: Alignment, judged: JudgedChange[]): Verdicted {
  const reasons = [...new Set(judged.map(({ noise }) => noise!))];
  if (reasons.length > 0) return silent('noise', `Nothing but noise: ${reasons.join('; ')}.`);
  return moves.length > 0
    ? silent('noise', 'The same content in another order.')
    : silent('unchanged', 'The content reads the same.');
}

// Conditions ------------------------------------------------------------------------------------------------------

/** A verdict on a condition: `unseen` when neither version says anything of it, and the value that it was given on. */
type ConditionJudgement = Verdicted & { unseen: boolean; watched: Value | null };

function judgeCondition(
  input: JudgeInput,
  condition: Condition,
  before: Version,
  alignment: Alignment,
  judged: JudgedChange[],
  real: JudgedChange[],
): ConditionJudgement {
  const { reading, after, sourceUrl, notifyBehavior, alerted = null } = input;
  const now = observe(condition, reading, after);
  const then = observeBefore(condition, reading, before, now, alignment);
  const since = alerted && observe(condition, reading, alerted);
  const seen = { unseen: now.block === null && then.block === null, watched: now.value };
  const moved = then.value !== null && now.value !== null && then.value.key !== now.value.key;
  const stepped = condition.kind === 'movement' && moved && movedEnough(condition, then.value!, now.value!);
  // Many small steps are a large one since what was told last.
  const crept =
    condition.kind === 'movement' &&
    moved &&
    !stepped &&
    since?.value != null &&
    movedEnough(condition, since.value, now.value!);
  // A value that was out of sight for a while is no news when it is back.
  const told = then.met === null && since?.met === true && since.value?.key === now.value?.key;
  const met =
    condition.kind === 'movement'
      ? stepped || crept
      : now.met === true && !told && (then.met !== true || (moved && notifyBehavior === 'always'));
  const past = crept ? since! : then;
  const evidence = evidenceFor(past, now, alignment, sourceUrl);
  if (met && evidence) {
    const summary = conditionSummary(condition, reading, past, now);
    const again = condition.kind !== 'movement' && then.met === true;
    return {
      ...seen,
      verdict: 'alert',
      reason: again
        ? `The condition still holds and its value changed: ${summary}`
        : `The condition became true${crept ? ', in small steps since the last alert' : ''}: ${summary}`,
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
  if (moved) return { ...seen, ...silent('changed', `${capital(why)}.`) };
  if (real.length === 0) {
    const quiet = judgeNoise(alignment, judged);
    return { ...seen, ...quiet, reason: `${quiet.reason} ${capital(why)}.` } as ConditionJudgement;
  }
  return {
    ...seen,
    ...silent('changed', `${changeSummary(real[0]!)}${more(real.length - 1)}; but ${why}.`),
  };
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
  if (change.after && then.block && change.before !== then.block) {
    return {
      kind: 'edited',
      before: clip(then.block.text),
      after: clip(blockOnPage(change.after).text),
      path: change.after.path,
      source_url: sourceUrl,
    };
  }
  return evidenceOf(change, sourceUrl);
}

const evidenceOf = ({ kind, before, after }: BlockChange, sourceUrl: string): Evidence => ({
  kind,
  before: before && clip(blockOnPage(before).text),
  after: after && clip(blockOnPage(after).text),
  path: (after ?? before)!.path,
  source_url: sourceUrl,
});

const clip = (text: string) => excerpt(text, longestEvidence);
const round = (share: number) => Math.round(share * 100) / 100;
const more = (others: number) =>
  others === 0 ? '' : ` (and ${others} more ${others === 1 ? 'change' : 'changes'})`;
const count = (changes: number) => (changes === 1 ? 'A change' : `${changes} changes`);
