import type { Extraction } from '@torale/contracts';
import type { HtmlElement } from './html-tree.ts';

/** Makes text of what is not: a link's target after its text, a picture's alternative text in its place. */
export function addFacets(root: HtmlElement, facets: Extraction['facets']): void {
  if (facets.length === 0) return;
  const [links, images] = [facets.includes('links'), facets.includes('images')];
  const work = [root];
  for (let element = work.pop(); element; element = work.pop()) {
    const { name, attributes, children } = element;
    for (const child of children) if (typeof child !== 'string') work.push(child);
    if (links && name === 'a' && leadsSomewhere(attributes['href']))
      children.push(` [${attributes['href']}]`);
    if (images && name === 'img') {
      children.push(` ${attributes['alt'] ?? ''} `);
      attributes['alt'] = '';
    }
  }
}

const leadsSomewhere = (href: string | undefined) =>
  href !== undefined && !/^\s*(#|javascript:|$)/i.test(href);
