import { hash } from 'node:crypto';
import { Parser } from 'htmlparser2';
import type { Pair } from './pair.ts';

/** What a rival without a judge alerts on. */
export const baselines: Record<string, (pair: Pair) => boolean> = {
  'byte hash': ({ before, after }) => hash('sha256', before.html) !== hash('sha256', after.html),
  'visible text hash': (pair) => differ(pair, visibleText),
  'visible text without digits': (pair) => differ(pair, (html) => visibleText(html).replace(/\d+/g, '')),
};

const differ = ({ before, after }: Pair, reading: (html: string) => string): boolean =>
  hash('sha256', reading(before.html.toString())) !== hash('sha256', reading(after.html.toString()));

const invisible = new Set(['script', 'style', 'noscript', 'template', 'head']);

function visibleText(html: string): string {
  let [text, hidden] = ['', 0];
  const parser = new Parser({
    onopentag(name) {
      if (invisible.has(name)) hidden++;
    },
    onclosetag(name) {
      if (invisible.has(name)) hidden--;
    },
    ontext(more) {
      if (hidden === 0) text += ` ${more}`;
    },
  });
  parser.end(html);
  return text.replace(/\s+/g, ' ').trim();
}
