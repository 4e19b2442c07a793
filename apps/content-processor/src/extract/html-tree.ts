import { Parser } from 'htmlparser2';

export interface HtmlElement {
  /** Lower case. */
  name: string;
  attributes: Record<string, string>;
  children: (HtmlElement | string)[];
  /** Characters of text within. */
  textLength: number;
  /** Characters of that text that are links. */
  linkLength: number;
  /** It is or holds an h1, main or article: what the page is about. */
  holdsMain: boolean;
  /** It holds a table, heading or section: a table that does is there for the layout. */
  holdsStructure: boolean;
  /** It holds a field for an address, a password or a message: a form to write to somebody. */
  holdsPersonalField: boolean;
}

/** Elements without text for a reader. */
const ignored = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'iframe',
  'object',
  'canvas',
  'audio',
  'video',
  'map',
  'textarea',
  'datalist',
]);
const main = new Set(['h1', 'main', 'article']);
const personalField = /^(?:email|password|tel)$/i;
const structure = new Set(['table', 'h1', 'h2', 'h3', 'h4', 'main', 'article', 'section']);

/** Deeper elements hang, flattened, on the last one above. Browsers stop at 512. */
const maxDepth = 512;
/**
 * htmlparser2 takes time in proportion to depth for every tag. Fed in pieces, and started anew when a piece ends
 * deeper than this, it stays linear whatever the nesting.
 */
const maxOpenElements = 2048;
const pieceLength = 8192;

/** Never fails: whatever the markup, the text in it is in the tree. */
export function parseHtml(html: string): HtmlElement {
  const root = newElement('#root', {});
  const path = [root];
  /** Elements that are open in the parser but not in the path: ignored ones and what is in them, or too deep. */
  let openBeyondPath = 0;
  let openIgnored = 0;
  let open = 0;
  /** A tag whose name was read and whose end was not: the parser closes it without having opened it. */
  let unfinished = false;

  const createParser = () =>
    new Parser({
      onopentagname() {
        unfinished = true;
      },
      onopentag(name, attributes) {
        unfinished = false;
        open++;
        if (isPersonalField(name, attributes)) path.at(-1)!.holdsPersonalField = true;
        if (openIgnored > 0 || ignored.has(name)) openIgnored++;
        else if (openBeyondPath > 0 || path.length > maxDepth) openBeyondPath++;
        else {
          const element = newElement(name, attributes);
          path.at(-1)!.children.push(element);
          path.push(element);
        }
      },
      onclosetag() {
        if (unfinished) {
          unfinished = false;
          return;
        }
        open--;
        if (openIgnored > 0) openIgnored--;
        else if (openBeyondPath > 0) openBeyondPath--;
        else close(path.pop()!, path.at(-1)!);
      },
      ontext(text) {
        if (openIgnored > 0) return;
        const parent = path.at(-1)!;
        // Beyond the path there is no element to tell words apart.
        parent.children.push(openBeyondPath > 0 ? ` ${text} ` : text);
        parent.textLength += text.trim().length;
      },
    });

  let parser = createParser();
  for (let start = 0, end: number; start < html.length; start = end) {
    end = endOfPiece(html, start);
    parser.write(html.slice(start, end));
    if (open > maxOpenElements) {
      parser.end();
      parser = createParser();
    }
  }
  parser.end();
  return root;
}

/** Before a tag, so that starting anew splits none. */
function endOfPiece(html: string, start: number): number {
  const end = start + pieceLength;
  if (end >= html.length) return html.length;
  const tag = html.lastIndexOf('<', end);
  return tag > start ? tag : end;
}

function newElement(name: string, attributes: Record<string, string>): HtmlElement {
  return {
    name,
    attributes,
    children: [],
    textLength: 0,
    linkLength: 0,
    holdsMain: main.has(name),
    holdsStructure: false,
    holdsPersonalField: false,
  };
}

const isPersonalField = (name: string, { type }: Record<string, string>): boolean =>
  name === 'textarea' || (name === 'input' && type !== undefined && personalField.test(type));

function close(element: HtmlElement, parent: HtmlElement): void {
  parent.textLength += element.textLength;
  parent.linkLength += element.name === 'a' ? element.textLength : element.linkLength;
  parent.holdsMain ||= element.holdsMain;
  parent.holdsPersonalField ||= element.holdsPersonalField;
  parent.holdsStructure ||= element.holdsStructure || structure.has(element.name);
}
