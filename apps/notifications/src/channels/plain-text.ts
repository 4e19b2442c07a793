const graphemes = new Intl.Segmenter();

/**
 * Text as it was meant to be read: no control characters but line breaks and tabs, no marks that turn the direction of
 * what follows. For one line see `singleLine`.
 */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu, '')
    .trim();
}

/**
 * The text, or as much of its beginning as fits with an ellipsis. It is cut between characters as people count them.
 * @param sizeOf what a piece of text counts for, for limits on something else than UTF-16 units
 */
export function fit(text: string, max: number, sizeOf = (piece: string) => piece.length): string {
  if (text.length <= max && sizeOf(text) <= max) return text;
  const room = max - sizeOf('…');
  let size = 0;
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    size += sizeOf(segment);
    if (size > room) break;
    end = index + segment.length;
  }
  return `${text.slice(0, end).trimEnd()}…`;
}

/** As part of a JSON document, bytes. */
export const jsonBytes = (piece: string): number => Buffer.byteLength(JSON.stringify(piece)) - 2;

/**
 * Text in which chat clients that look for addresses, @names, #tags and /commands find none. It reads the same: what
 * is put in is a joiner of no width.
 */
export function unlinkable(text: string): string {
  return text.replace(findable, '$&\u2060');
}

/** The `.` of a domain, the `:` of a scheme, and what begins a @name, a #tag or a /command. */
const findable = /\.(?=\p{L})|:(?=\/\/)|[@#](?=[\p{L}\p{N}_])|(?<!\S)\/(?=\w)/gu;
