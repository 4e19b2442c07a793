/** Soft hyphens, zero-width characters and direction marks: in the text, but not on the screen. */
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/gu;
const plainAscii = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/**
 * The text as a reader sees it, in one spelling: NFKC, one kind of quote, dash and space, nothing invisible.
 * Case and punctuation are kept. Values are read from this form, so its offsets are the offsets of values.
 */
export function canonicalText(text: string): string {
  if (plainAscii.test(text)) return text;
  return text
    .normalize('NFKC')
    .replace(invisible, '')
    .replace(/[‘’‚‛′ʼ`´]/g, "'")
    .replace(/[“”„‟″«»]/g, '"')
    .replace(/[‐‑‒–—―−﹘]/g, '-')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * What two texts have in common when they differ only in case, punctuation, spacing or hyphenation. Marks that
 * carry a value stay: signs, decimal points, currencies, comparison signs, the ticks and stars of a table.
 * Falls back to the canonical text where nothing else is left.
 */
export function foldedText(text: string): string {
  const canonical = canonicalText(text);
  const folded = canonical
    .toLowerCase()
    .replace(/(?<=\p{L})['-](?=\p{L})/gu, '')
    .replace(
      /(?!(?<=\p{N})[.,:/](?=\p{N})|(?<![\p{L}\p{N}])[+-](?=[\p{Sc}\p{N}]))[^\p{L}\p{M}\p{N}\p{Sc}%°<>≤≥✓✔✗✘☑☐✅❌★☆●○]/gu,
      ' ',
    )
    .replace(/(?<!\p{N})\s+|\s+(?!\p{N})/gu, '');
  return folded || canonical;
}
