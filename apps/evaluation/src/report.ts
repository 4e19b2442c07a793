import { diffWordsWithSpace } from 'diff';
import type { JudgedPair } from './judge-pair.ts';
import { isMeaningful, isWrong, type Table } from './summary.ts';

const escape = (text: string) =>
  text.replace(
    /[&<>"]/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character]!,
  );

const longest = 1500;
const mostChanges = 40;
/** A diff of texts that have nothing in common is not worth its time. */
const diffTimeoutMs = 100;

const style = `
:root { color-scheme: light dark; --line: #8884; --gone: #e5484d33; --new: #30a46c33; --wrong: #e5484d; --right: #30a46c; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0 0 2rem; font-size: 14px; } caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem; } summary { cursor: pointer; }
.wrong { border-left: 4px solid var(--wrong); } .right { border-left: 4px solid var(--right); }
.tag { font-size: 12px; opacity: .75; } .change { margin: .75rem 0; padding-left: .75rem; border-left: 2px solid var(--line); overflow-wrap: anywhere; }
.noise { opacity: .6; } del { background: var(--gone); } ins { background: var(--new); text-decoration: none; }
`;

/** One page without outside parts: the tables, then every pair with its diffs, the wrong ones first and open. */
export function renderReport(
  folder: string,
  tables: readonly Table[],
  judged: readonly JudgedPair[],
): string {
  const [wrong, right] = [judged.filter(isWrong), judged.filter((pair) => !isWrong(pair))];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Evaluation of the judge</title><style>${style}</style>
<h1>Evaluation of the judge</h1><p>${judged.length} pairs of <code>${escape(folder)}</code></p>
${tables.map(tableHtml).join('\n')}
<h2>Wrong (${wrong.length})</h2>${wrong.map((pair) => pairHtml(pair, true)).join('\n')}
<h2>Right (${right.length})</h2>${right.map((pair) => pairHtml(pair, false)).join('\n')}
</html>
`;
}

const tableHtml = ({ title, head, rows }: Table) =>
  `<table><caption>${escape(title)}</caption><tr>${head.map((cell) => `<th>${escape(cell)}`).join('')}</tr>${rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}`).join('')}</tr>`)
    .join('')}</table>`;

function pairHtml(judged: JudgedPair, open: boolean): string {
  const { pair, verdict, reason, confidence, changes } = judged;
  const asked = pair.rawQuery ? `<p>Asked: ${escape(pair.rawQuery)}</p>` : '';
  const sure = confidence === null ? '' : ` · confidence ${confidence}`;
  const shown = changes.slice(0, mostChanges);
  const rest = changes.length - shown.length;
  return `<details class="${isWrong(judged) ? 'wrong' : 'right'}"${open ? ' open' : ''}><summary><b>${escape(pair.id)}</b> ${escape(verdict)}, ${
    isMeaningful(judged) ? 'should alert' : 'should be silent'
  } <span class="tag">${escape(`${pair.tier} · ${pair.category}${sure}`)}</span></summary>${asked}<p>${escape(reason)}</p><p class="tag">${escape(pair.url)}</p>
${shown.map(changeHtml).join('\n')}${rest > 0 ? `<p class="tag">and ${rest} more changes</p>` : ''}</details>`;
}

function changeHtml({ change, noise }: JudgedPair['changes'][number]): string {
  const path = (change.after ?? change.before).path.join(' › ');
  const why = noise === null ? 'real' : `noise: ${noise}`;
  return `<div class="change${noise === null ? '' : ' noise'}"><span class="tag">${escape(`${change.kind} · ${why}${path ? ` · ${path}` : ''}`)}</span><br>${diffHtml(
    change.before?.text.slice(0, longest) ?? '',
    change.after?.text.slice(0, longest) ?? '',
  )}</div>`;
}

function diffHtml(before: string, after: string): string {
  const parts = diffWordsWithSpace(before, after, { timeout: diffTimeoutMs });
  if (!parts) return `<del>${escape(before)}</del> <ins>${escape(after)}</ins>`;
  return parts
    .map(({ value, added, removed }) =>
      added ? `<ins>${escape(value)}</ins>` : removed ? `<del>${escape(value)}</del>` : escape(value),
    )
    .join('');
}
