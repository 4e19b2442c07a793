import type { Block } from '@torale/contracts';
import { RE2JS, RE2JSSyntaxException } from 're2js';

/** A block whose text is compared, and the same as the page has it. */
const asOnPage = new WeakMap<Block, Block>();

/**
 * Blocks without the text that the owner of a source wants to make no difference. Rules are words in any case with `*`
 * for anything within a block, or `/regular expression/flags` (RE2: time in proportion to the text, whatever the
 * expression). What is no expression is taken for words.
 */
export function withoutIgnoredText(blocks: readonly Block[], rules: readonly string[]): readonly Block[] {
  if (rules.length === 0) return blocks;
  const patterns = rules.map(patternOf);
  return blocks.map((block) => {
    const text = patterns.reduce((rest, pattern) => pattern.matcher(rest).replaceAll(' '), block.text).trim();
    if (text === block.text) return block;
    const compared = { ...block, text };
    asOnPage.set(compared, block);
    return compared;
  });
}

/** The block as its page has it, for people to see. */
export const blockOnPage = (block: Block): Block => asOnPage.get(block) ?? block;

const expression = /^\/(.+)\/([ims]*)$/s;
const flags = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL };

function patternOf(rule: string): RE2JS {
  const match = expression.exec(rule);
  if (match) {
    try {
      const options = [...match[2]!].reduce((sum, flag) => sum | flags[flag as keyof typeof flags], 0);
      return RE2JS.compile(match[1]!, options);
    } catch (error) {
      if (!(error instanceof RE2JSSyntaxException)) throw error;
    }
  }
  const words = rule.split('*').map((part) => RE2JS.quote(part));
  return RE2JS.compile(words.join('.*'), RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL);
}
