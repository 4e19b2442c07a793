import { hash } from 'node:crypto';
import type { Block, BlockKind } from '@torale/contracts';
import { ExtractionError } from './extraction-error.ts';
import { normaliseText } from './normalise-text.ts';

/** Of a heading in a path, and of a column header; the heading's own block holds all of it. */
const maxLabelLength = 200;
/** A piece of preformatted text longer than this is split by lines. */
const maxPieceLength = 2000;

interface Heading {
  level: number;
  text: string;
}

/** Collects blocks in reading order and knows the headings above each. */
export class BlockList {
  readonly blocks: Block[] = [];
  readonly #maxBlocks: number;
  #headings: readonly Heading[] = [];
  #path: string[] = [];

  /** @param maxBlocks one more fails with `too_large` */
  constructor(maxBlocks: number) {
    this.#maxBlocks = maxBlocks;
  }

  /** Adds a block, unless nothing is left of its text. */
  add(kind: BlockKind, text: string, extra: Pick<Block, 'cells' | 'key'> = {}): void {
    const normalised = normaliseText(text);
    if (normalised === '') return;
    if (this.blocks.length === this.#maxBlocks) {
      // Cut off, it would hide every change beyond the cut.
      throw new ExtractionError('too_large', `The page has more than ${this.#maxBlocks} blocks`);
    }
    this.blocks.push({
      kind,
      text: normalised,
      path: this.#path,
      hash: blockHash(kind, normalised),
      ...extra,
    });
  }

  /** A heading block; it closes the headings of its level and below, and stands above what follows. */
  addHeading(level: number, text: string): void {
    const above = this.#headings.filter((heading) => heading.level < level);
    this.headings = above;
    this.add('heading', text);
    const label = labelOf(text);
    if (label) this.headings = [...above, { level, text: label }];
  }

  /** What follows stands under these, which need no heading of their own. */
  standUnder(path: string[]): void {
    this.#path = path;
  }

  /** One block per piece that an empty line ends, per line where pieces are long. */
  addPreformatted(kind: BlockKind, text: string): void {
    for (const piece of text.split(/\n[^\S\n]*\n/)) {
      const parts = piece.length > maxPieceLength ? piece.split('\n') : [piece];
      for (const part of parts) this.add(kind, part);
    }
  }

  /** To put back at the end of a section the headings that stood above it. */
  get headings(): readonly Heading[] {
    return this.#headings;
  }
  set headings(headings: readonly Heading[]) {
    this.#headings = headings;
    this.#path = headings.map((heading) => heading.text);
  }
}

export const labelOf = (text: string): string => normaliseText(text).slice(0, maxLabelLength).toWellFormed();

export const blockHash = (kind: BlockKind, normalisedText: string): string =>
  hash('sha256', `${kind}\n${normalisedText}`).slice(0, 32);
