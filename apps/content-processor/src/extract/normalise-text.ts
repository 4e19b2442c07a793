/** Soft hyphens, zero-width marks, and controls, which Postgres would not store either. */
// eslint-disable-next-line no-control-regex -- that is what it is for
const invisible = /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u200b\u2060\ufeff]/g;

/**
 * NFKC with single spaces and without characters that cannot be seen, so that equal-looking texts are equal.
 * Superscripts and fractions keep their distance from a number: NFKC alone would make `$90¹` of it `$901`.
 */
export function normaliseText(text: string): string {
  return text
    .toWellFormed()
    .replace(/(?<=\d)[¹²³⁰⁴-⁹¼-¾⅐-⅞]/g, ' $&')
    .normalize('NFKC')
    .replace(invisible, '')
    .replace(/\s+/g, ' ')
    .trim();
}
