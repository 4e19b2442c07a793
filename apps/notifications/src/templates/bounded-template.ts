import Mustache from 'mustache';

/** What a template may name. A variable with `items` is a list, whose section is repeated. */
export interface Variable {
  name: string;
  description: string;
  items?: readonly Variable[];
}

/** What is wrong with a template, and where: lines and columns count from 1. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault';

  constructor(source: string, index: number, reason: string) {
    const before = source.slice(0, index).split('\n');
    super(`line ${before.length}, column ${before.at(-1)!.length + 1}: ${reason}`);
  }
}

/** Type, name, start, end and, of a section, what is in it. */
type Token = [type: string, value: string, start: number, end: number, inner?: Token[]];

const parser = new Mustache.Writer();
// It would keep every template that was ever seen.
(parser as { templateCache?: unknown }).templateCache = undefined;

/**
 * A Mustache template that is text and variables and nothing else: no partials, no other delimiters, no name that is
 * not among the variables, so that nothing of an object but what was put there for it can be reached. Only a template
 * of our own may name anything.
 * @throws TemplateFault
 */
export function parseTemplate(source: string, variables: readonly Variable[] | 'anything'): Token[] {
  const tokens = tokensOf(source);
  if (variables !== 'anything') check(source, tokens, [variables], []);
  return tokens;
}

function tokensOf(source: string): Token[] {
  try {
    return parser.parse(source) as unknown as Token[];
  } catch (error) {
    const [, reason, index] = /^(.*) at (\d+)$/.exec((error as Error).message) ?? [];
    if (index === undefined) throw new TemplateFault(source, 0, (error as Error).message);
    throw new TemplateFault(source, Number(index), reason!.toLowerCase());
  }
}

function check(
  source: string,
  tokens: Token[],
  scopes: readonly (readonly Variable[])[],
  lists: readonly Variable[],
): void {
  for (const [type, name, start, , inner] of tokens) {
    if (type === 'text' || type === '!') continue;
    const fault = (reason: string) => new TemplateFault(source, start, reason);
    if (type === '>') throw fault('templates cannot include others');
    if (type === '=') throw fault('the delimiters are {{ and }}');
    const variable = scopes.flatMap((scope) => scope.filter((known) => known.name === name))[0];
    if (!variable) throw fault(`there is no variable ${name} here`);
    if (type === '#' && variable.items) {
      if (lists.includes(variable)) throw fault(`${name} is within itself`);
      check(source, inner!, [variable.items, ...scopes], [...lists, variable]);
    } else if (inner) {
      check(source, inner, scopes, lists);
    } else if (variable.items) {
      throw fault(`${name} is a list: write {{#${name}}}…{{/${name}}}`);
    }
  }
}

/** Renders up to a size, which bounds the time too: every value, piece of text and look at a tag is counted. */
class BoundedWriter extends Mustache.Writer {
  constructor(
    private left: number,
    private readonly escape: (value: string) => string,
  ) {
    super();
  }

  private spend<T extends string | undefined>(value: T): T {
    this.left -= 1 + (value?.length ?? 0);
    if (this.left < 0) throw new RangeError('What the template makes is too long');
    return value;
  }

  override renderTokens(...[tokens, ...rest]: Parameters<Mustache.Writer['renderTokens']>): string {
    this.left -= tokens.length;
    return super.renderTokens(tokens, ...rest);
  }
  override rawValue(token: string[]): string {
    return this.spend(super.rawValue(token));
  }
  override escapedValue(token: string[], context: Mustache.Context): string {
    return this.spend(this.escape(String(context.lookup(token[1]!) ?? '')));
  }
  override unescapedValue(token: string[], context: Mustache.Context): string {
    return this.escapedValue(token, context);
  }
}

/**
 * @param escape what every value goes through
 * @param limit about how many UTF-16 units it may become; a RangeError beyond
 */
export function renderTokens(
  tokens: Token[],
  view: object,
  { escape, limit }: { escape: (value: string) => string; limit: number },
): string {
  const writer = new BoundedWriter(limit, escape);
  return writer.renderTokens(tokens as unknown as string[][], new Mustache.Context(view));
}
