/** A written number: groups of three by comma, point, apostrophe or space, and a decimal part. */
export const amountPattern = String.raw`\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3})+|(?:'\d{3})+|(?: \d{3})+)(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d+)?`;

/**
 * What a written number says: `1,299.00`, `1.299,00`, `1 299` and `1'299` are all 1299. A single separator before
 * exactly three digits is ambiguous: a comma always groups, a point only where `pointGroups` (money).
 */
export function parseAmount(text: string, pointGroups = false): number {
  const digits = text.replace(/[' ]/g, '');
  const decimal = Math.max(digits.lastIndexOf(','), digits.lastIndexOf('.'));
  if (decimal === -1) return Number(digits);
  const mark = digits[decimal]!;
  const tail = digits.length - decimal - 1;
  const mixed = digits.includes(',') && digits.includes('.');
  const repeated = digits.indexOf(mark) !== decimal;
  const groups =
    !mixed && (repeated || (tail === 3 && !digits.startsWith('0') && (mark === ',' || pointGroups)));
  return groups
    ? Number(digits.replace(/[.,]/g, ''))
    : Number(`${digits.slice(0, decimal).replace(/[.,]/g, '')}.${digits.slice(decimal + 1)}`);
}

const multipliers: Record<string, number> = {
  k: 1e3,
  thousand: 1e3,
  m: 1e6,
  mio: 1e6,
  million: 1e6,
  millions: 1e6,
  bn: 1e9,
  b: 1e9,
  billion: 1e9,
  billions: 1e9,
  trillion: 1e12,
};
/** `k`, `million`, `bn` after an amount. */
export const multiplierPattern = String.raw`(?:(?:k|m|bn|b)\b| ?(?:thousand|millions?|mio|bn|billions?|trillion)\b)`;
export const multiplierOf = (text: string | undefined): number =>
  multipliers[text?.trim().toLowerCase() ?? ''] ?? 1;
