import type { Evidence } from '@torale/contracts';
import type { AlertNotice } from '../channels/told.ts';
import { singleLine } from '../single-line.ts';
import { html, type Html } from './html.ts';
import { letterHtml, linkTo, noMailAtAll, quiet, shownTime, type Letter } from './letter.ts';

const shownEvidence = 10;

interface Passage {
  label: 'Before' | 'Now' | 'New' | 'Gone' | 'On the page';
  text: string;
}

/** Everything the mail says, as single lines; both bodies are made of it. */
interface AlertWords {
  summary: string;
  sentence: string;
  changes: { heading: string; passages: Passage[]; url: string | null }[];
  more: string | null;
  sourceUrl: string;
  judgement: string;
  why: string;
  stop: string;
}

/** An alert as an e-mail. */
export function renderAlertEmail(alert: AlertNotice): Letter {
  const words = wordsOf(alert);
  return { subject: singleLine(alert.summary, 120), text: textOf(words), html: htmlOf(words).markup };
}

function wordsOf(alert: AlertNotice): AlertWords {
  const hidden = alert.evidence.length - shownEvidence;
  return {
    summary: singleLine(alert.summary, 1000),
    sentence: singleLine(alert.raw_query, 2000),
    changes: alert.evidence.slice(0, shownEvidence).map((evidence) => ({
      heading: singleLine(evidence.path.join(' › '), 200),
      passages: passagesOf(evidence),
      url: evidence.source_url === alert.source_url ? null : singleLine(evidence.source_url, 2048),
    })),
    more: hidden > 0 ? `and ${hidden} more ${hidden === 1 ? 'change' : 'changes'} on the page` : null,
    sourceUrl: singleLine(alert.source_url, 2048),
    judgement: `Severity ${alert.severity} · confidence ${Math.round(alert.confidence * 100)} % · seen ${shownTime(alert.created_at)}`,
    why: whyOf(alert),
    stop:
      `To stop, pause or delete this sentence in Torale (PATCH or DELETE /api/v1/user-queries/${alert.user_query_id}). ` +
      noMailAtAll,
  };
}

function whyOf({ kind, notify_behavior }: AlertNotice): string {
  const reason =
    kind === 'already_met'
      ? 'You get this because what you asked for was already true when Torale first looked.'
      : 'You get this because Torale watches this page for your sentence.';
  return notify_behavior === 'once'
    ? `${reason} You asked to be told once: Torale has stopped watching.`
    : `${reason} Torale keeps watching.`;
}

function passagesOf({ kind, before, after }: Evidence): Passage[] {
  const labels = {
    edited: ['Before', 'Now'],
    added: ['Before', 'New'],
    removed: ['Gone', 'Now'],
    unchanged: ['Before', 'On the page'],
  } as const;
  const [beforeLabel, afterLabel] = labels[kind];
  const passages: Passage[] = [];
  if (before !== null && kind !== 'unchanged')
    passages.push({ label: beforeLabel, text: singleLine(before, 600) });
  if (after !== null) passages.push({ label: afterLabel, text: singleLine(after, 600) });
  return passages;
}

function textOf(words: AlertWords): string {
  const changes = words.changes.map(({ heading, passages, url }) =>
    [
      ...(heading ? [heading] : []),
      ...passages.map(({ label, text }) => `  ${`${label}:`.padEnd(8)} ${text}`),
      ...(url ? [`  ${url}`] : []),
    ].join('\n'),
  );
  return [
    words.summary,
    `You asked: “${words.sentence}”`,
    ...changes,
    ...(words.more ? [`… ${words.more}`] : []),
    `Source: ${words.sourceUrl}\n${words.judgement}`,
    `--\n${words.why}\n${words.stop}`,
  ]
    .join('\n\n')
    .concat('\n');
}

const passageColors: Record<Passage['label'], string> = {
  Before: 'border-left:3px solid #d0685f;background:#fdf3f2',
  Gone: 'border-left:3px solid #d0685f;background:#fdf3f2',
  Now: 'border-left:3px solid #3f9a63;background:#f1f9f4',
  New: 'border-left:3px solid #3f9a63;background:#f1f9f4',
  'On the page': 'border-left:3px solid #5b7fb8;background:#f2f6fc',
};

function htmlOf(words: AlertWords): Html {
  return letterHtml(
    words,
    html`${words.changes.map(changeHtml)}
      ${words.more && html`<p style="margin:0 0 22px;${quiet}">… ${words.more}</p>`}
      <p style="margin:0 0 6px;font-size:15px;overflow-wrap:anywhere">${linkTo(words.sourceUrl)}</p>
      <p style="margin:0;${quiet}">${words.judgement}</p>`,
  );
}

function changeHtml({ heading, passages, url }: AlertWords['changes'][number]): Html {
  return html`<div style="margin:0 0 22px">
    ${heading && html`<p dir="auto" style="margin:0 0 6px;${quiet};overflow-wrap:anywhere">${heading}</p>`}
    ${passages.map(
      ({ label, text }) =>
        html`<div style="margin:0 0 6px;padding:8px 12px;border-radius:4px;${passageColors[label]}">
          <div style="${quiet}">${label}</div>
          <div dir="auto" style="font-size:16px;line-height:1.45;overflow-wrap:anywhere">${text}</div>
        </div> `,
    )}
    ${url && html`<p style="margin:0;${quiet};overflow-wrap:anywhere">${linkTo(url)}</p>`}
  </div> `;
}
