import type { Extraction } from '@torale/contracts';
import { selectAll } from 'css-select';
import type { HtmlElement } from './html-tree.ts';
import { languageOf, nothingSelected, selecting, wrongLanguage } from './selector.ts';
import { type FoundText, selectByXPath } from './xpath-tree.ts';

type HtmlNode = HtmlElement | string;

interface Place {
  parent: HtmlElement | null;
  /** Position in the document. */
  order: number;
}

/**
 * The tree without what `exclude` picks, then only what `include` picks, in document order. What an owner asks for by
 * name is never taken for noise. Changes the tree it is given.
 * @throws ExtractionError when a selector is no selector, or nothing is left
 */
export function selectParts(
  root: HtmlElement,
  { include, exclude }: Pick<Extraction, 'include' | 'exclude'>,
): HtmlElement {
  if (include.length + exclude.length === 0) return root;
  const places = placesIn(root);
  for (const selector of exclude) {
    for (const found of find(selector, root, places)) {
      if ('children' in found) remove(found, places);
    }
  }
  if (include.length === 0) return root;

  const picked = new Map<HtmlElement, string[]>();
  for (const selector of include) {
    for (const found of find(selector, root, places)) {
      if ('children' in found) picked.set(found, []);
      else if (!picked.has(found.owner)) picked.set(found.owner, [found.text]);
      else if (picked.get(found.owner)!.length > 0) picked.get(found.owner)!.push(found.text);
    }
  }
  const parts = [...picked]
    .filter(
      ([element]) => !ancestorsOf(element, places).some((ancestor) => picked.get(ancestor)?.length === 0),
    )
    .sort(([a], [b]) => places.get(a)!.order - places.get(b)!.order)
    .flatMap(([element, texts]) => (texts.length === 0 ? element : texts.map(textElement)));
  if (parts.length === 0) throw nothingSelected(include);
  for (const part of parts) part.holdsMain = true;
  return {
    ...textElement(''),
    name: '#root',
    children: parts,
    textLength: parts.reduce((sum, { textLength }) => sum + textLength, 0),
    holdsMain: true,
  };
}

function find(
  selector: string,
  root: HtmlElement,
  places: ReadonlyMap<HtmlElement, Place>,
): (HtmlElement | FoundText)[] {
  switch (languageOf(selector)) {
    case 'css':
      return selecting(selector, () =>
        selectAll<HtmlNode, HtmlElement>(selector, root, { adapter: adapterOf(places), cacheResults: false }),
      );
    case 'xpath':
      return selecting(selector, () => selectByXPath(selector, root));
    case 'jsonpath':
      throw wrongLanguage(selector, 'a page');
  }
}

const isElement = (node: HtmlNode): node is HtmlElement => typeof node !== 'string';

function adapterOf(places: ReadonlyMap<HtmlElement, Place>) {
  const parentOf = (element: HtmlElement) => places.get(element)?.parent ?? null;
  const getText = (node: HtmlNode): string => (isElement(node) ? node.children.map(getText).join('') : node);
  return {
    isTag: isElement,
    getAttributeValue: ({ attributes }: HtmlElement, name: string) => attributes[name],
    hasAttrib: ({ attributes }: HtmlElement, name: string) => Object.hasOwn(attributes, name),
    getName: ({ name }: HtmlElement) => name,
    getChildren: (node: HtmlNode) => (isElement(node) ? node.children : []),
    getParent: parentOf,
    getSiblings: (node: HtmlNode) => (isElement(node) && parentOf(node)?.children) || [node],
    getText,
    removeSubsets: (nodes: HtmlNode[]) => nodes,
  };
}

function placesIn(root: HtmlElement): Map<HtmlElement, Place> {
  const places = new Map<HtmlElement, Place>();
  const work: [element: HtmlElement, parent: HtmlElement | null][] = [[root, null]];
  for (let item = work.pop(); item; item = work.pop()) {
    const [element, parent] = item;
    places.set(element, { parent, order: places.size });
    for (let i = element.children.length - 1; i >= 0; i--) {
      const child = element.children[i]!;
      if (isElement(child)) work.push([child, element]);
    }
  }
  return places;
}

function ancestorsOf(element: HtmlElement, places: ReadonlyMap<HtmlElement, Place>): HtmlElement[] {
  const ancestors: HtmlElement[] = [];
  let parent = places.get(element)?.parent;
  for (; parent; parent = places.get(parent)?.parent) ancestors.push(parent);
  return ancestors;
}

function remove(element: HtmlElement, places: ReadonlyMap<HtmlElement, Place>): void {
  const siblings = places.get(element)?.parent?.children;
  const index = siblings?.indexOf(element) ?? -1;
  if (index < 0) return;
  siblings!.splice(index, 1);
  const linkLength = element.name === 'a' ? element.textLength : element.linkLength;
  for (const ancestor of ancestorsOf(element, places)) {
    ancestor.textLength -= element.textLength;
    ancestor.linkLength -= linkLength;
  }
}

const textElement = (text: string): HtmlElement => ({
  name: 'p',
  attributes: {},
  children: text === '' ? [] : [text],
  textLength: text.length,
  linkLength: 0,
  holdsMain: false,
  holdsStructure: false,
  holdsPersonalField: false,
});
