import type { HtmlElement } from './html-tree.ts';

const minParagraphLength = 25;

/**
 * The element that reads most like an article, by the scoring of Readability: long paragraphs with commas and few
 * links. With the elements around it, outermost first; none when nothing reads so. A hint and no filter: it loses the
 * price of a product page.
 */
export function likelyContent(root: HtmlElement): HtmlElement[] {
  const scores = new Map<HtmlElement, number>();
  const parents = new Map<HtmlElement, HtmlElement>();
  const work: HtmlElement[] = [root];
  for (let element = work.pop(); element; element = work.pop()) {
    for (const child of element.children) {
      if (typeof child === 'string') continue;
      parents.set(child, element);
      work.push(child);
    }
    if (!/^(p|pre|td|blockquote)$/.test(element.name)) continue;
    const parent = parents.get(element);
    if (!parent || element.textLength < minParagraphLength) continue;
    const score = (1 + commasIn(element) + Math.min(element.textLength / 100, 3)) * (1 - linkShare(element));
    scores.set(parent, (scores.get(parent) ?? 0) + score);
    const grandparent = parents.get(parent);
    if (grandparent) scores.set(grandparent, (scores.get(grandparent) ?? 0) + score / 2);
  }
  let best: HtmlElement | undefined;
  for (const [element, score] of scores) if (!best || score > scores.get(best)!) best = element;
  const path: HtmlElement[] = [];
  for (let element = best; element; element = parents.get(element)) path.unshift(element);
  return path;
}

const commasIn = ({ children }: HtmlElement) =>
  children.reduce((sum, child) => (typeof child === 'string' ? sum + child.split(',').length - 1 : sum), 0);

function linkShare({ children, textLength }: HtmlElement): number {
  const inLinks = children.reduce(
    (sum, child) => (typeof child !== 'string' && child.name === 'a' ? sum + child.textLength : sum),
    0,
  );
  return textLength === 0 ? 0 : inLinks / textLength;
}
