/**
 * Rows under their headings, in columns; a cell is cut at `widest` characters and keeps to its line. Nothing in it is a
 * command to the terminal: errors quote pages and receivers.
 */
export function tableOf(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  widest = 100,
): string {
  const lines = [headings, ...rows].map((line) =>
    line.map((cell) => {
      const text = cell.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
      return text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
    }),
  );
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
