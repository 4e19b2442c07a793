import type { BlockChange } from '@torale/block-alignment';
import type { Severity } from '@torale/contracts';
import type { Difference } from '../difference/difference.ts';

/** A changed block with what was found out about it. */
export interface JudgedChange {
  change: BlockChange;
  differences: readonly Difference[];
  /** Why it is noise; null when it is real. */
  noise: string | null;
}

const weighty = new Set(['money', 'availability', 'negation']);
const typed = new Set(['percentage', 'number', 'date', 'time', 'duration', 'version', 'modality']);

/**
 * What a change weighs by itself. High: a price, an availability or a negation became another. Medium: another
 * value did, or a block came or went. Low: other words for it.
 */
export function severityOf({ change, differences }: JudgedChange): Severity {
  const kinds = differences.flatMap((difference) => difference.kind === 'value' ? [(difference.before ?? difference.after)!.kind] : []); // prettier-ignore
  if (kinds.some((kind) => weighty.has(kind))) return 'high';
  return change.kind !== 'edited' || kinds.some((kind) => typed.has(kind)) ? 'medium' : 'low';
}

export const rankOf: Record<Severity, number> = { low: 1, medium: 2, high: 3 };
