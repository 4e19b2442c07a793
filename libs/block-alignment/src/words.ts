import { canonicalText } from './canonical.ts';
import { remembered } from './remembered.ts';

/** The words and numbers of a text, canonical and in lower case, in order. */
export function wordsOf(text: string): string[] {
  const canonical = canonicalText(text).toLowerCase();
  return canonical.match(ascii.test(canonical) ? asciiWord : word) ?? [];
}

const word = /[\p{L}\p{M}\p{N}]+(?:['.][\p{L}\p{M}\p{N}]+)*/gu;
/** The same for what most pages are written in, at a third of the cost. */
const asciiWord = /[a-z0-9]+(?:['.][a-z0-9]+)*/g;
const ascii = /^[\x20-\x7e]*$/;

/**
 * A word without its English inflection (`releases`, `released`, `releasing` → `releas`), for matching a sentence
 * with a page. Crude on purpose: both sides are cut alike, and a word that is cut wrongly still matches itself.
 */
export const stemOf = remembered((word: string): string => {
  if (word.length <= 3 || /\d/.test(word)) return word;
  const stem = word
    .replace(/'s?$/, '')
    .replace(/(?:ies|ied)$/, 'y')
    .replace(/(?<=sh|ch|ss|x|z)es$/, '')
    .replace(/(?<=[^s])s$/, '')
    .replace(/(?<=.{3})(?:ing|ed|er|ment|tion|ion)$/, '')
    .replace(/e$/, '');
  return stem.replace(/([bdgmnprt])\1$/, '$1');
}, 50_000);

/** The stems of a text, each once. */
export const stemsOf = remembered(
  (text: string): ReadonlySet<string> => new Set(wordsOf(text).map((word) => stemOf(word))),
);

const wordCharacter = (code: number) =>
  (code > 96 && code < 123) || (code > 47 && code < 58) || (code > 64 && code < 91);

/** How many words `wordsOf` finds. */
export function wordCountOf(text: string): number {
  let [count, inside] = [0, false];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 126) return wordsOf(text).length;
    if (wordCharacter(code)) {
      if (!inside) count++;
      inside = true;
    } else if (!(
      (code === 39 || code === 46 || code === 96) &&
      inside &&
      wordCharacter(text.charCodeAt(index + 1))
    )) {
      inside = false;
    }
  }
  return count;
}
