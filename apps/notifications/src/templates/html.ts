import { escapeUTF8 } from 'entities';

/** Markup that is safe to put into a page as it is. Only `html` makes it. */
export class Html {
  constructor(readonly markup: string) {}
}

export type HtmlValue = string | number | null | Html | HtmlValue[];

/** A tagged template whose values are escaped for text and for quoted attributes, unless they are `html` themselves. */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(markupOf)));
}

function markupOf(value: HtmlValue): string {
  if (value === null) return '';
  if (value instanceof Html) return value.markup;
  if (Array.isArray(value)) return value.map(markupOf).join('');
  return escapeUTF8(String(value));
}
