import { canonicalText } from './canonical.ts';

/** The words and numbers of a text, canonical and in lower case, in order. */
export function wordsOf(text: string): string[] {
  return (
    canonicalText(text)
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+(?:['.][\p{L}\p{M}\p{N}]+)*/gu) ?? []
  );
}

/**
 * A word without its English inflection (`releases`, `released`, `releasing` → `releas`), for matching a sentence
 * with a page. Crude on purpose: both sides are cut alike, and a word that is cut wrongly still matches itself.
 */
export function stemOf(word: string): string {
  if (word.length <= 3 || /\d/.test(word)) return word;
  const stem = word
    .replace(/'s?$/, '')
    .replace(/(?:ies|ied)$/, 'y')
    .replace(/(?<=sh|ch|ss|x|z)es$/, '')
    .replace(/(?<=[^s])s$/, '')
    .replace(/(?<=.{3})(?:ing|ed|er|ment|tion|ion)$/, '')
    .replace(/e$/, '');
  return stem.replace(/([bdgmnprt])\1$/, '$1');
}

/** The stems of a text, each once. */
export function stemsOf(text: string): Set<string> {
  return new Set(wordsOf(text).map(stemOf));
}
