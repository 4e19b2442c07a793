/**
 * One line of text that Postgres and every reader take, from a page or a model: no control characters, no half
 * surrogates, at most `maxLength` UTF-16 units. Null when nothing is left.
 */
export function plainText(text: string, maxLength: number): string | null {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.slice(0, maxLength).toWellFormed() || null;
}
