import { canonicalText } from './canonical.ts';
import { wordsOf } from './words.ts';

/** Numbers and currencies by shape: a price that changed is still the price. */
export function shapeWordsOf(text: string): string[] {
  return wordsOf(
    canonicalText(text)
      .replace(/\d+(?:[.,: ]\d+)*/g, '0')
      .replace(/\p{Sc}/gu, ' currency '),
  );
}

/** Sørensen–Dice coefficient of two multisets of words, 0 to 1. */
export function diceOf(a: readonly string[], b: readonly string[]): number {
  if (a.length + b.length === 0) return 1;
  const counts = new Map<string, number>();
  for (const word of a) counts.set(word, (counts.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of b) {
    const left = counts.get(word) ?? 0;
    if (left === 0) continue;
    counts.set(word, left - 1);
    shared++;
  }
  return (2 * shared) / (a.length + b.length);
}

/** Cosine of two unit vectors. */
export function cosineOf(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
