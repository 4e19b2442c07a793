import type { Block, BlockKind } from '@torale/contracts';
import { BlockList } from './block-list.ts';
import type { HtmlElement } from './html-tree.ts';
import { beforeRaised, isInline, mayBeRaised, tailOf, textOf } from './inline-text.ts';
import { findNoise } from './noise-elements.ts';
import { isLayoutTable, tableRows } from './table-rows.ts';

/** What the text that is being read will become. */
type Scope =
  | { kind: Exclude<BlockKind, 'heading' | 'definition'> }
  | { kind: 'heading'; level: number }
  | { kind: 'term' | 'definition'; list: DefinitionList };

/** The term that waits for the definitions that follow it. */
interface DefinitionList {
  term: string;
  defined: boolean;
}

/** What is to be done when all within an element is read. */
type Leave = () => void;

/** Their headings end with them. */
const sections = new Set([
  'article',
  'aside',
  'section',
  'li',
  'td',
  'th',
  'dd',
  'blockquote',
  'fieldset',
  'details',
]);
/** A longer choice is a list of countries, not of what is in stock. */
const maxOptions = 50;
/** Lines add up to one block until it is this long. */
const maxLinesLength = 200;
/** A block is cut where it gets longer. */
const maxTextLength = 50_000;

/** The blocks of a page in reading order, its title first. Linear in the size of the tree, at any depth. */
export function htmlBlocks(root: HtmlElement, maxBlocks: number): Block[] {
  const list = new BlockList(maxBlocks);
  addHtmlBlocks(list, root);
  return list.blocks;
}

/** The same, after what a list holds already. */
export function addHtmlBlocks(list: BlockList, root: HtmlElement): void {
  new HtmlReader(root, list).read();
}

class HtmlReader {
  readonly #root: HtmlElement;
  readonly #list: BlockList;
  readonly #noise: Set<HtmlElement>;
  readonly #work: (HtmlElement | string | Leave)[] = [];
  #scope: Scope = { kind: 'paragraph' };
  #text = '';
  #tail = '';
  #lineBreaks = 0;
  #titleSeen = false;

  constructor(root: HtmlElement, list: BlockList) {
    this.#root = root;
    this.#list = list;
    this.#noise = findNoise(root);
  }

  read(): void {
    this.#pushChildren(this.#root);
    for (let item = this.#work.pop(); item !== undefined; item = this.#work.pop()) {
      if (typeof item === 'string') this.#append(item);
      else if (typeof item === 'function') item();
      else if (!this.#noise.has(item)) this.#enter(item);
    }
    this.#flush();
  }

  #enter(element: HtmlElement): void {
    const { name } = element;
    if (name === 'br') return this.#breakLine();
    if (name === 'input') return this.#enterInput(element);
    if (name === 'title') return this.#enterTitle(element);
    if (name === 'select' && optionCount(element) > maxOptions) return;
    if (name === 'table' && !isLayoutTable(element)) return this.#enterTable(element);
    if (mayBeRaised(element)) this.#append(beforeRaised(this.#tail, element));
    if (isInline(element)) return this.#pushChildren(element);

    this.#flush();
    const outer = { scope: this.#scope, headings: this.#list.headings };
    this.#scope = this.#scopeOf(element);
    this.#work.push(() => {
      if (isDisabledControl(element) && this.#text.trim() !== '') this.#append(' (disabled)');
      this.#flush();
      if (name === 'dl') this.#addWaitingTerm();
      this.#scope = outer.scope;
      if (sections.has(name)) this.#list.headings = outer.headings;
    });
    this.#pushChildren(element);
  }

  /** The scope of an element's text; that around it when the element does not say. */
  #scopeOf({ name }: HtmlElement): Scope {
    const around = this.#scope;
    switch (name) {
      case 'h1':
      case 'h2':
      case 'h3':
      case 'h4':
      case 'h5':
      case 'h6':
        return { kind: 'heading', level: Number(name[1]) };
      case 'li':
        return { kind: 'list_item' };
      case 'blockquote':
        return { kind: 'quote' };
      case 'pre':
        return { kind: 'code' };
      case 'button':
      case 'label':
      case 'legend':
      case 'option':
        return { kind: 'form_label' };
      case 'dl':
        return { kind: 'definition', list: { term: '', defined: true } };
      case 'dt':
      case 'dd':
        return 'list' in around ? { kind: name === 'dt' ? 'term' : 'definition', list: around.list } : around;
      default:
        return around;
    }
  }

  #enterTitle(element: HtmlElement): void {
    if (!this.#titleSeen) this.#list.add('title', textOf(element, this.#noise));
    this.#titleSeen = true;
  }

  #enterInput({ attributes }: HtmlElement): void {
    if (!/^(submit|button|reset)$/i.test(attributes['type'] ?? '')) return;
    this.#flush();
    this.#list.add('form_label', attributes['value'] ?? '');
  }

  #enterTable(table: HtmlElement): void {
    this.#flush();
    const caption = table.children.find((child) => typeof child !== 'string' && child.name === 'caption');
    if (caption) this.#list.add('paragraph', textOf(caption as HtmlElement, this.#noise));
    for (const { text, cells } of tableRows(table, this.#noise)) this.#list.add('table_row', text, { cells });
  }

  #breakLine(): void {
    if (this.#scope.kind === 'code') return this.#append('\n');
    this.#lineBreaks++;
    if (this.#lineBreaks > 1 || this.#text.length > maxLinesLength) this.#flush();
    else this.#append(' ');
  }

  #append(text: string): void {
    if (text.trim() !== '') this.#lineBreaks = 0;
    this.#text += text;
    this.#tail = tailOf(this.#tail, text);
    if (this.#text.length > maxTextLength) this.#flush();
  }

  #pushChildren({ children }: HtmlElement): void {
    for (let i = children.length - 1; i >= 0; i--) this.#work.push(children[i]!);
  }

  #flush(): void {
    const text = this.#text;
    this.#text = this.#tail = '';
    this.#lineBreaks = 0;
    if (text.trim() === '') return;
    const scope = this.#scope;
    switch (scope.kind) {
      case 'heading':
        return this.#list.addHeading(scope.level, text);
      case 'code':
        return this.#list.addPreformatted('code', text);
      case 'term':
        this.#addWaitingTerm();
        scope.list.term = text;
        scope.list.defined = false;
        return;
      case 'definition':
        this.#list.add('definition', scope.list.term ? `${scope.list.term}: ${text}` : text);
        scope.list.defined = true;
        return;
      default:
        return this.#list.add(scope.kind, text);
    }
  }

  /** A term that nothing was said of is worth a block of its own. */
  #addWaitingTerm(): void {
    if (!('list' in this.#scope)) return;
    const { list } = this.#scope;
    if (!list.defined) this.#list.add('definition', list.term);
    list.term = '';
    list.defined = true;
  }
}

const isDisabledControl = ({ name, attributes }: HtmlElement): boolean =>
  (name === 'button' || name === 'option') &&
  (attributes['disabled'] !== undefined || attributes['aria-disabled'] === 'true');

function optionCount(select: HtmlElement): number {
  return select.children.reduce((count, child) => {
    if (typeof child === 'string') return count;
    return count + (child.name === 'optgroup' ? child.children.length : 1);
  }, 0);
}
