import type { Block } from '@torale/contracts';
import { canonicalText, wordsOf } from '@torale/block-alignment';
import type { ValueKind } from '../values/value.ts';
import { valuesIn } from '../values/values.ts';
import type { NoiseFinding } from './noise-finding.ts';

/** Where the text of a page begins and ends, as positions of its blocks. */
export interface PageCore {
  first: number;
  last: number;
}

/** A page with at least this many paragraphs of at least this many words is there to be read. */
const prose = { paragraphs: 6, words: 20 };
const shortest = 12;
/** A heading stands at most this many blocks above the first paragraph that it heads. */
const headingReach = 8;

/**
 * The core of a page of prose: from the heading of its first paragraph to its last sentence. Null for other pages: of a list of
 * products or a table nobody can say where it begins.
 */
export function coreOf(blocks: readonly Block[]): PageCore | null {
  let [paragraphs, opening, last] = [0, -1, -1];
  blocks.forEach(({ text }, index) => {
    // Too short to hold that many words.
    if (text.length < shortest * 3) return;
    const words = wordsOf(text).length;
    if (words >= prose.words && paragraphs++ === 0) opening = index;
    if (words >= shortest) last = index;
  });
  if (paragraphs < prose.paragraphs) return null;
  const approach = Math.max(0, opening - headingReach);
  const heading = blocks.slice(approach, opening).findIndex(({ kind }) => kind === 'heading');
  return { first: heading === -1 ? opening : approach + heading, last };
}

/** The build number of a site stands in its footer. */
const immaterial = new Set<ValueKind>(['version', 'negation', 'modality']);

/** Why a short line above or below the text of a page is none of its text; null when it may be. */
export function edgeOf(block: Block, index: number, core: PageCore | null): NoiseFinding | null {
  if (core === null || (index >= core.first && index <= core.last) || block.kind === 'title') return null;
  if (wordsOf(block.text).length > shortest) return null;
  // A date or a price may well stand beside the title.
  if (valuesIn(canonicalText(block.text)).some(({ kind }) => !immaterial.has(kind))) return null;
  return { reason: 'a line of a menu or a footer', words: block.text };
}
