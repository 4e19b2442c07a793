const graphemes = new Intl.Segmenter();

/**
 * One line of at most `maxLength` UTF-16 units, cut between characters with an ellipsis. Line breaks and control
 * characters become spaces, and marks that turn the direction of what follows are dropped: text from web pages and
 * other servers stays where it was put, in a header, a sentence or a log.
 */
export function singleLine(text: string, maxLength: number): string {
  const line = text
    .toWellFormed()
    .replace(/[\u202A-\u202E\u2066-\u2069]/g, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  if (line.length <= maxLength) return line;
  let cut = '';
  for (const { segment } of graphemes.segment(line)) {
    if (cut.length + segment.length > maxLength - 1) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…`;
}
