import type { HtmlElement } from './html-tree.ts';

/** Elements that flow with the text around them; all others stand apart from it. */
const inlineElements = new Set(
  'a abbr acronym b bdi bdo big br cite code data del dfn em font i img input ins kbd mark meter nobr output picture progress q rp rt ruby s samp small source span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);
export const isInline = (element: HtmlElement): boolean => inlineElements.has(element.name);

/** As much of the end of a text as `beforeRaised` looks at. */
export const tailOf = (tail: string, text: string): string =>
  (tail + text.slice(-tailLength)).slice(-tailLength);
const tailLength = 24;

const priceAtEnd = /[$€£¥₹]\s?\d[\d,]*$/;
const centsName = /(^|[\s_-])(cents?|fraction|decimals?)($|[\s_-])/i;

/** An element that a style may raise: `$90` and `74` in it are a price. */
export const mayBeRaised = ({ name, attributes }: HtmlElement): boolean =>
  name === 'sup' ||
  (name === 'span' && attributes['class'] !== undefined && centsName.test(attributes['class']));

/**
 * What has to stand between the end of a text and a raised one, so that no number comes of it that nobody wrote:
 * `$90` and `74` are `$90.74`, but a footnote `1` after `90` is not `901`.
 */
export function beforeRaised(tail: string, element: HtmlElement): string {
  if (!/\d$/.test(tail)) return '';
  const raised = element.children
    .filter((child) => typeof child === 'string')
    .join('')
    .trim();
  if (/^\d{2}$/.test(raised) && priceAtEnd.test(tail)) return '.';
  return element.name === 'sup' ? ' ' : '';
}

/** All text within an element on one line, without noise; pictures speak by their alternative text. */
export function textOf(element: HtmlElement, noise: ReadonlySet<HtmlElement>): string {
  let text = '';
  let tail = '';
  const append = (more: string) => {
    text += more;
    tail = tailOf(tail, more);
  };
  const work: (HtmlElement | string)[] = [element];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    if (typeof item === 'string') {
      append(item);
      continue;
    }
    if (noise.has(item)) continue;
    if (item.name === 'img') append(` ${item.attributes['alt'] ?? ''} `);
    if (mayBeRaised(item)) append(beforeRaised(tail, item));
    const apart = item.name === 'br' || !isInline(item);
    if (apart) {
      append(' ');
      work.push(' ');
    }
    for (let i = item.children.length - 1; i >= 0; i--) work.push(item.children[i]!);
  }
  return text;
}
