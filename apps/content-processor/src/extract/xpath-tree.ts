import xpath from 'xpath';
import type { HtmlElement } from './html-tree.ts';

/** A value without an element of its own, such as an attribute that XPath finds. */
export interface FoundText {
  owner: HtmlElement;
  text: string;
}

/** What the library's own types leave out. */
const interpreter = xpath as unknown as {
  parse(expression: string): { select(options: { node: XPathNode; isHtml: boolean }): XPathNode[] };
};

const nodeTypes = { element: 1, attribute: 2, text: 3, document: 9 } as const;

class NamedNodes extends Array<XPathNode> {
  item(index: number): XPathNode | null {
    return this[index] ?? null;
  }
}

/** As much of a DOM node as the XPath interpreter reads. */
class XPathNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly localName: string;
  readonly nodeValue: string | null;
  readonly order: number;
  readonly source: HtmlElement;
  readonly namespaceURI = null;
  ownerDocument: XPathNode | null = null;
  parentNode: XPathNode | null = null;
  ownerElement: XPathNode | null = null;
  firstChild: XPathNode | null = null;
  lastChild: XPathNode | null = null;
  nextSibling: XPathNode | null = null;
  previousSibling: XPathNode | null = null;
  readonly attributes = new NamedNodes();

  constructor(
    nodeType: number,
    nodeName: string,
    nodeValue: string | null,
    order: number,
    source: HtmlElement,
  ) {
    this.nodeType = nodeType;
    this.nodeName = this.localName = nodeName;
    this.nodeValue = nodeValue;
    this.order = order;
    this.source = source;
  }

  get data(): string | null {
    return this.nodeValue;
  }
  get value(): string | null {
    return this.nodeValue;
  }
  get documentElement(): XPathNode | null {
    return this.firstChild;
  }
  append(child: XPathNode): void {
    child.parentNode = this;
    child.previousSibling = this.lastChild;
    if (this.lastChild) this.lastChild.nextSibling = child;
    else this.firstChild = child;
    this.lastChild = child;
  }
  compareDocumentPosition(other: XPathNode): number {
    return other.order < this.order ? 0x02 : 0x04;
  }
}

/**
 * What an XPath 1.0 expression finds: elements as they are, attributes and pieces of text as text. The interpreter
 * evaluates a parse tree and never code.
 */
export function selectByXPath(expression: string, root: HtmlElement): (HtmlElement | FoundText)[] {
  return interpreter
    .parse(expression)
    .select({ node: documentOf(root), isHtml: true })
    .map((part) =>
      part.nodeType === nodeTypes.element || part.nodeType === nodeTypes.document
        ? part.source
        : { owner: part.source, text: part.nodeValue ?? '' },
    );
}

function documentOf(root: HtmlElement): XPathNode {
  let order = 0;
  const document = new XPathNode(nodeTypes.document, '#document', null, order++, root);
  const work: { parent: XPathNode; child: HtmlElement | string }[] = [];
  const pushChildren = (parent: XPathNode, { children }: HtmlElement) => {
    for (let i = children.length - 1; i >= 0; i--) work.push({ parent, child: children[i]! });
  };
  pushChildren(document, root);
  for (let item = work.pop(); item; item = work.pop()) {
    const { parent, child } = item;
    if (typeof child === 'string') {
      // Text beside the root element is no part of a document.
      if (parent !== document) {
        const text = new XPathNode(nodeTypes.text, '#text', child, order++, parent.source);
        text.ownerDocument = document;
        parent.append(text);
      }
      continue;
    }
    const element = new XPathNode(nodeTypes.element, child.name, null, order++, child);
    element.ownerDocument = document;
    for (const [name, value] of Object.entries(child.attributes)) {
      const attribute = new XPathNode(nodeTypes.attribute, name, value, order++, child);
      attribute.ownerElement = element;
      attribute.ownerDocument = document;
      element.attributes.push(attribute);
    }
    parent.append(element);
    pushChildren(element, child);
  }
  return document;
}
