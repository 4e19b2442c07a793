import type { Reading } from '../sentence/reading.ts';
import { alertOn, type Judgement, type Verdicted } from '../judge/judge.ts';
import type { Answer, ExaminedChange, Question } from './question.ts';

/** From here on the page's own words say that a change is about the subject, and no answer says otherwise. */
export const surelyRelevantFrom = 0.67;

const confidences: Record<Answer['certainty'], number> = { sure: 0.85, likely: 0.75, unsure: 0.6 };
/** Conditions told in words; what is told in numbers is decided by numbers. */
const askableConditions = new Set(['state', 'date_announced']);

/**
 * The changes that a language model may be asked about; none where values decided, where every real change counts,
 * and where nothing real changed. Noise is never among them, nor what the person called not useful.
 */
export function openChanges({ examined }: Judgement, reading: Reading): ExaminedChange[] {
  const open =
    examined.basis === 'relevance'
      ? !reading.anyChange
      : examined.basis === 'unseen' && askableConditions.has(reading.condition!.kind);
  if (!open) return [];
  return examined.changes.filter(
    ({ noise, relevance, lesson }) =>
      noise === null && lesson === null && (relevance === null || relevance < surelyRelevantFrom),
  );
}

/**
 * The verdict after an answer. The answer sorts changes that rules were unsure of; it adds no change, no value and no
 * word, and it moves none that was not asked about.
 */
export function withAnswer(
  judgement: Judgement,
  reading: Reading,
  { asked }: Question,
  { changes: choices, certainty }: Answer,
  context: { sourceUrl: string; relevantFrom: number },
): Verdicted {
  const relationOf = new Map(choices.map(({ id, relation }) => [asked[id]!, relation]));
  const told = judgement.examined.changes.filter((change) => {
    if (change.noise !== null) return false;
    const relation = relationOf.get(change);
    if (relation === 'answers') return true;
    const byRules = change.relevance !== null && change.relevance >= context.relevantFrom;
    return byRules && relation !== 'unrelated';
  });
  if (told.length === 0) {
    return {
      verdict: 'changed',
      reason: `${judgement.verdict === 'alert' ? 'Real, but not what the sentence asks for' : judgement.reason.replace(/\.$/, '')}, as the language model sees it too.`,
      alert: null,
    };
  }
  const alert = alertOn(told, judgement.examined.similarity, context.sourceUrl);
  return {
    verdict: 'alert',
    reason: `${reading.subject ? `About “${reading.subject}”` : 'What the sentence asks for'}, as the language model sees it: ${alert.summary}`,
    alert: {
      ...alert,
      confidence: confidences[certainty],
      condition_met: reading.condition ? true : null,
      judged_by: 'language_model',
    },
  };
}
