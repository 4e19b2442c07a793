import type { Embedder } from '@torale/ai';
import { type BlockChange, cosineOf, stemsOf } from '@torale/block-alignment';
import { defaultThresholds } from '@torale/contracts';
import { addressesJudge } from '../language-model/addresses-judge.ts';
import type { Reading } from '../sentence/reading.ts';

/** Below this words alone do not say that a change is about the subject. */
const relevantFrom = defaultThresholds.relevance;
/** The cosine at which a text is surely off, and surely on topic. */
const cosineRange = { none: 0.25, full: 0.7 };
const mostVectors = 60;

/**
 * How much each change is about the subject, 0 to 1, in order. Words that the page's title already names are taken
 * as given; of the others, a share must occur in the changed block or its headings. Where no word does, meaning is
 * asked: the cosine of the block under its headings with the subject. A text that speaks to its judge counts by its
 * words alone.
 */
export async function relevanceOf(
  changes: readonly BlockChange[],
  reading: Reading,
  title: string | null,
  embedder: Embedder | null,
): Promise<number[]> {
  const titleStems = stemsOf(title ?? '');
  const open = [...reading.subjectStems].filter((stem) => !titleStems.has(stem));
  if (open.length === 0) return changes.map(() => 1);
  const lexical = changes.map(({ before, after }) => {
    const stems = stemsOf(
      [before, after].flatMap((block) => (block ? [block.text, ...block.path] : [])).join(' '),
    );
    return open.filter((stem) => stems.has(stem)).length / Math.min(open.length, 3);
  });
  const unsure = changes
    .map((_, index) => index)
    .filter((index) => lexical[index]! < relevantFrom && !addressesJudge(topicOf(changes[index]!)));
  if (!embedder || unsure.length === 0 || unsure.length > mostVectors)
    return lexical.map((score) => Math.min(1, score));
  const [subject, ...vectors] = await embedder.embed([
    reading.subject,
    ...unsure.map((index) => topicOf(changes[index]!)),
  ]);
  const scores = lexical.map((score) => Math.min(1, score));
  unsure.forEach((index, position) => {
    const cosine = cosineOf(subject!, vectors[position]!);
    const semantic = (cosine - cosineRange.none) / (cosineRange.full - cosineRange.none);
    scores[index] = Math.min(1, Math.max(0, scores[index]!, semantic * 0.8));
  });
  return scores;
}

const topicOf = ({ before, after }: BlockChange): string => {
  const block = (after ?? before)!;
  return `${block.path.at(-1) ?? ''} ${block.text}`.trim().slice(0, 600);
};
