import type { Evidence } from '@torale/contracts';
import type { AlertNotice } from '../deliveries.repository.ts';
import { singleLine } from '../single-line.ts';
import { html, type Html } from './html.ts';

const shownEvidence = 10;

interface Passage {
  label: 'Before' | 'Now' | 'New' | 'Gone' | 'On the page';
  text: string;
}

/** Everything a mail says, as single lines; both bodies are made of it. */
interface Letter {
  summary: string;
  sentence: string;
  changes: { heading: string; passages: Passage[]; url: string | null }[];
  more: string | null;
  sourceUrl: string;
  judgement: string;
  why: string;
  stop: string;
}

/** An alert as an e-mail: a subject of one line, and the same content as plain text and as HTML. */
export function renderAlertEmail(alert: AlertNotice): { subject: string; text: string; html: string } {
  const letter = letterOf(alert);
  return { subject: singleLine(alert.summary, 120), text: textOf(letter), html: htmlOf(letter).markup };
}

function letterOf(alert: AlertNotice): Letter {
  const hidden = alert.evidence.length - shownEvidence;
  const seen = alert.created_at.slice(0, 16).replace('T', ' ');
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
    judgement: `Severity ${alert.severity} · confidence ${Math.round(alert.confidence * 100)} % · seen ${seen} UTC`,
    why: whyOf(alert),
    stop:
      `To stop, pause or delete this sentence in Torale (PATCH or DELETE /api/v1/user-queries/${alert.user_query_id}). ` +
      'To get no more e-mail at all, switch e-mail off in your notification preferences ' +
      '(PUT /api/v1/notifications/preferences).',
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

function textOf(letter: Letter): string {
  const changes = letter.changes.map(({ heading, passages, url }) =>
    [
      ...(heading ? [heading] : []),
      ...passages.map(({ label, text }) => `  ${`${label}:`.padEnd(8)} ${text}`),
      ...(url ? [`  ${url}`] : []),
    ].join('\n'),
  );
  return [
    letter.summary,
    `You asked: “${letter.sentence}”`,
    ...changes,
    ...(letter.more ? [`… ${letter.more}`] : []),
    `Source: ${letter.sourceUrl}\n${letter.judgement}`,
    `--\n${letter.why}\n${letter.stop}`,
  ]
    .join('\n\n')
    .concat('\n');
}

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const quiet = 'color:#5f6b7a;font-size:13px;line-height:1.5';
const passageColors: Record<Passage['label'], string> = {
  Before: 'border-left:3px solid #d0685f;background:#fdf3f2',
  Gone: 'border-left:3px solid #d0685f;background:#fdf3f2',
  Now: 'border-left:3px solid #3f9a63;background:#f1f9f4',
  New: 'border-left:3px solid #3f9a63;background:#f1f9f4',
  'On the page': 'border-left:3px solid #5b7fb8;background:#f2f6fc',
};

function htmlOf(letter: Letter): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${letter.summary}</title>
      </head>
      <body style="margin:0;padding:24px 12px;background:#f3f4f6;${font}">
        <div
          style="max-width:600px;margin:0 auto;padding:28px;background:#ffffff;border:1px solid #e3e6ea;border-radius:10px;color:#1d2530"
        >
          <h1 dir="auto" style="margin:0 0 12px;font-size:21px;line-height:1.35;overflow-wrap:anywhere">
            ${letter.summary}
          </h1>
          <p style="margin:0 0 22px;${quiet}">
            You asked: “<bdi style="overflow-wrap:anywhere">${letter.sentence}</bdi>”
          </p>
          ${letter.changes.map(changeHtml)}
          ${letter.more && html`<p style="margin:0 0 22px;${quiet}">… ${letter.more}</p>`}
          <p style="margin:0 0 6px;font-size:15px;overflow-wrap:anywhere">${linkTo(letter.sourceUrl)}</p>
          <p style="margin:0;${quiet}">${letter.judgement}</p>
          <hr style="margin:24px 0 16px;border:0;border-top:1px solid #e3e6ea" />
          <p style="margin:0 0 6px;${quiet}">${letter.why}</p>
          <p style="margin:0;${quiet};overflow-wrap:anywhere">${letter.stop}</p>
        </div>
      </body>
    </html> `;
}

function changeHtml({ heading, passages, url }: Letter['changes'][number]): Html {
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

/** A link for http and https; any other address is only shown. */
function linkTo(url: string): Html {
  return /^https?:\/\//i.test(url) ? html`<a href="${url}" style="color:#1f5fbf">${url}</a>` : html`${url}`;
}
