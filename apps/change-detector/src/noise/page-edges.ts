import type { Block } from '@torale/contracts';
import { canonicalText, wordCountOf } from '@torale/block-alignment';
import type { ValueKind } from '../values/value.ts';
import { valuesIn } from '../values/values.ts';
import type { NoiseFinding } from './noise-finding.ts';

/** Where the text of a page begins and ends, as positions of its blocks. */
export interface PageCore {
  first: number;
  last: number;
}

/** What of a page is around its text and not in it. */
export interface PageEdges {
  core: PageCore | null;
  /** Position of the copyright line that ends the page; null where none does. */
  copyright: number | null;
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
function coreOf(blocks: readonly Block[]): PageCore | null {
  let [paragraphs, opening, last] = [0, -1, -1];
  blocks.forEach(({ text }, index) => {
    // Too short to hold that many words.
    if (text.length < shortest * 3) return;
    const words = wordCountOf(text);
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

const copyrightLine = /©|\bcopyright\b|\(c\) ?(?:19|20)\d\d/iu;
const longestCopyright = 200;
/** A copyright line higher up belongs to a picture. */
const lowestShare = 0.6;
const versionLine = /^(?:app |web |build )?(?:version|ver|v|build|release)\.? ?[\w.+-]+$/iu;
/** How near to the copyright line a build number stands. */
const buildReach = 2;

/** Where the text of a page ends and what is around it begins. */
export function edgesOf(blocks: readonly Block[]): PageEdges {
  const copyright = blocks.findLastIndex(
    ({ text }) => text.length <= longestCopyright && copyrightLine.test(text),
  );
  return {
    core: coreOf(blocks),
    copyright: copyright !== -1 && copyright >= blocks.length * lowestShare ? copyright : null,
  };
}

/** Why a short line above or below the text of a page is none of its text; null when it may be. */
export function edgeOf(block: Block, index: number, { core, copyright }: PageEdges): NoiseFinding | null {
  if (block.kind === 'title') return null;
  const inFooter = copyright !== null && index > copyright;
  const isBuild =
    copyright !== null && Math.abs(index - copyright) <= buildReach && versionLine.test(block.text.trim());
  const outside = core !== null && (index < core.first || index > core.last);
  if (!inFooter && !isBuild && !outside) return null;
  if (wordCountOf(block.text) > shortest) return null;
  // A date or a price may well stand beside the title.
  if (valuesIn(canonicalText(block.text)).some(({ kind }) => !immaterial.has(kind))) return null;
  return { reason: 'a line of a menu or a footer', words: block.text };
}
