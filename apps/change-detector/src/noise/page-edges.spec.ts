import type { Block } from '@torale/contracts';
import { edgeOf, edgesOf } from './page-edges.ts';

const block = (text: string, kind: Block['kind'] = 'paragraph'): Block => ({
  kind,
  text,
  path: [],
  hash: text,
});
const sentence =
  'This paragraph goes on for quite some words, because a page of prose has paragraphs that a person is there to read at length.';
const prose = [
  block('Products'), block('Contact'), block('Privacy policy', 'heading'), block('Effective May 30, 2026'),
  ...Array.from({ length: 6 }, () => block(sentence)), block('Careers'), block('Version 1.260.1'),
]; // prettier-ignore

describe('the edges of a page of prose', () => {
  const edges = edgesOf(prose);
  const noiseAt = (index: number, text = prose[index]!.text) => edgeOf(block(text), index, edges) !== null;

  it('begins with the heading of the first paragraph and ends with the last sentence', () => {
    expect(edges.core).toEqual({ first: 2, last: 9 });
  });
  it('takes short lines outside of it for menu and footer', () => {
    expect([0, 1, 10, 11].map((index) => noiseAt(index))).toEqual([true, true, true, true]);
    expect([2, 3, 9].map((index) => noiseAt(index))).toEqual([false, false, false]);
  });
  it.each(['Last updated May 30, 2026', 'From $5', 'Sold out', sentence])(
    'keeps what may matter, wherever it stands: %s',
    (text) => {
      expect(noiseAt(11, text)).toBe(false);
    },
  );
  it('knows no edges of a page that is not prose', () => {
    const list = Array.from({ length: 50 }, (_, index) => block(`Item ${index}`));
    expect(edgesOf(list)).toEqual({ core: null, copyright: null });
  });
});

describe('the foot of any page', () => {
  const page = [...Array.from({ length: 9 }, (_, index) => block(`Item ${index}`)), block('Version 2.1'), block('© 2026 Items Ltd'), block('Careers')]; // prettier-ignore
  const noiseAt = (index: number, text = page[index]!.text) =>
    edgeOf(block(text), index, edgesOf(page)) !== null;

  it('is the build number beside the copyright line, and the short lines after it', () => {
    expect([9, 11].map((index) => noiseAt(index))).toEqual([true, true]);
  });
  it('is nothing above it, and no price', () => {
    expect([noiseAt(8), noiseAt(3, 'Version 2.1'), noiseAt(11, 'From $5')]).toEqual([false, false, false]);
  });
});
