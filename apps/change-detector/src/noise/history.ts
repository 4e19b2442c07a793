import { type BlockChange, canonicalText, shapeWordsOf } from '@torale/block-alignment';
import type { Block } from '@torale/contracts';
import type { Difference } from '../difference/difference.ts';
import type { ValueKind } from '../values/value.ts';
import { valuesIn } from '../values/values.ts';

/**
 * The blocks that stood at the last checks of a source, newest first: the first are those that the new ones are
 * compared with. A content that stood at several checks is there as often.
 */
export type History = readonly (readonly Block[])[];

/** Fewer checks than this teach nothing about what changes by itself. */
const fewestSteps = 4;
/** A value that went there and back once may be news each time; one that does so again and again is not. */
const switches = { wording: 1, presence: 2, value: 3 };
const weighty = new Set<ValueKind>(['money', 'availability', 'date', 'percentage', 'number', 'version']);

/**
 * Why a changed block only goes back and forth: it returns to a form that it had at one of the last checks (an A/B
 * test, a banner in rotation). Null when it does not.
 */
export function flappingOf(
  change: BlockChange,
  differences: readonly Difference[],
  history: History,
): string | null {
  const form = change.after?.text ?? null;
  const other = change.before?.text ?? null;
  const states = history.map((blocks) => {
    const holds = (text: string | null) => text !== null && blocks.some((block) => block.text === text);
    if (form === null) return !holds(other);
    return other === null ? holds(form) : holds(form) ? true : holds(other) ? false : null;
  });
  const known = states.filter((state) => state !== null);
  const seen = known.lastIndexOf(true) > 0;
  const turns = known.filter((state, index) => index > 0 && state !== known[index - 1]).length;
  const needed = isWeighty(change, differences)
    ? switches.value
    : change.kind === 'edited'
      ? switches.wording
      : switches.presence;
  return seen && turns >= needed ? 'a form that it had before, and goes back and forth to' : null;
}

function isWeighty(change: BlockChange, differences: readonly Difference[]): boolean {
  const values =
    change.kind === 'edited'
      ? differences.flatMap((difference) => difference.kind === 'value' ? [difference.before ?? difference.after] : []) // prettier-ignore
      : valuesIn(canonicalText((change.after ?? change.before).text));
  return values.some((value) => value && weighty.has(value.kind));
}

/** How often a place of a page changed at the last checks. */
export interface Volatility {
  changed: number;
  steps: number;
}

/**
 * How often the place of an edited block changed at the last checks: the block of the same words around its numbers,
 * or the block at the same position under its headings. Null where too little is known.
 */
export function volatilityOf({ kind, before }: BlockChange, history: History): Volatility | null {
  if (kind !== 'edited' || history.length <= fewestSteps) return null;
  const path = before.path.join('\n');
  const places = history.map((blocks) =>
    blocks.filter((block) => block.kind === before.kind && block.path.join('\n') === path),
  );
  const position = places[0]!.indexOf(before);
  const shape = shapeWordsOf(before.text).join(' ');
  const candidates = [
    places.map((blocks) => blocks.find(({ text }) => text === before.text) ?? blocks.find(({ text }) => shapeWordsOf(text).join(' ') === shape)), // prettier-ignore
    // Where blocks come and go, a position is no place.
    places.map((blocks) => (blocks.length === places[0]!.length ? blocks[position] : undefined)),
  ];
  const [shaped, positioned] = candidates.map(stepsOf);
  const known = [shaped!, positioned!].filter(({ steps }) => steps >= fewestSteps);
  return known.sort((a, b) => b.changed / b.steps - a.changed / a.steps)[0] ?? null;
}

function stepsOf(blocks: readonly (Block | undefined)[]): Volatility {
  let [changed, steps] = [0, 0];
  for (let index = 1; index < blocks.length; index++) {
    const [newer, older] = [blocks[index - 1], blocks[index]];
    if (!newer || !older) continue;
    steps++;
    if (newer.text !== older.text) changed++;
  }
  return { changed, steps };
}
