import type { Block, NotifyBehavior, Verdict } from '@torale/contracts';

/** A line of a page: `# …` is a heading, `| a | b` a table row, `- …` a list item, all else a paragraph. */
export type Page = string[];

/** A sentence, a page at two times, and what has to come of it. */
export interface Case {
  /** What is shown, and why it is judged so. */
  why: string;
  /** Left out: whatever is real. */
  ask?: string;
  condition?: string;
  notify?: NotifyBehavior;
  title?: string;
  /** Null: the first check. */
  before: Page | null;
  after: Page;
  verdict: Verdict;
  /** What the reason must name. */
  says?: string;
  /** What stood at the checks before, newest first, without `before`. */
  history?: Page[];
  /** What stood when the last alert was raised. */
  alerted?: Page;
}

export function blocksOf(page: Page): Block[] {
  const path: string[] = [];
  return page.map((line) => {
    const [, mark, text] = /^(#+|-|\|)? ?(.*)$/.exec(line)!;
    const block = (kind: Block['kind'], above = [...path]): Block => ({
      kind,
      text: text!,
      path: above,
      hash: text!,
    });
    if (mark === '-') return block('list_item');
    if (mark === '|') {
      return {
        ...block('table_row'),
        cells: text!.split(' | ').map((cell) => ({ header: null, text: cell })),
      };
    }
    if (!mark) return block('paragraph');
    path.splice(mark.length - 1, path.length, text!);
    return block('heading', path.slice(0, -1));
  });
}

/** A page around one line that changes. */
export const around = (line: string): Page => [
  '# Aurora X2',
  'A camera for night skies, made in Tromsø.',
  line,
  'It comes with a strap and a case.',
];
/** One line that becomes another on an otherwise still page. */
export const edit = (before: string, after: string) => ({ before: around(before), after: around(after) });
