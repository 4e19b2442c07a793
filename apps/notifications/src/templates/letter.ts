import { html, type Html, type HtmlValue } from './html.ts';

/** An e-mail: a subject of one line, and the same content as plain text and as HTML. */
export interface Letter {
  subject: string;
  text: string;
  html: string;
}

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
export const quiet = 'color:#5f6b7a;font-size:13px;line-height:1.5';

/** What every mail looks like, with what this one says. */
export function letterHtml(
  { summary, sentence, why, stop }: { summary: string; sentence: string; why: string; stop: string },
  content: HtmlValue,
): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${summary}</title>
      </head>
      <body style="margin:0;padding:24px 12px;background:#f3f4f6;${font}">
        <div
          style="max-width:600px;margin:0 auto;padding:28px;background:#ffffff;border:1px solid #e3e6ea;border-radius:10px;color:#1d2530"
        >
          <h1 dir="auto" style="margin:0 0 12px;font-size:21px;line-height:1.35;overflow-wrap:anywhere">
            ${summary}
          </h1>
          <p style="margin:0 0 22px;${quiet}">
            You asked: “<bdi style="overflow-wrap:anywhere">${sentence}</bdi>”
          </p>
          ${content}
          <hr style="margin:24px 0 16px;border:0;border-top:1px solid #e3e6ea" />
          <p style="margin:0 0 6px;${quiet}">${why}</p>
          <p style="margin:0;${quiet};overflow-wrap:anywhere">${stop}</p>
        </div>
      </body>
    </html> `;
}

/** A link for http and https; any other address is only shown. */
export function linkTo(url: string): Html {
  return /^https?:\/\//i.test(url) ? html`<a href="${url}" style="color:#1f5fbf">${url}</a>` : html`${url}`;
}

/** To the minute, for people. */
export const shownTime = (timestamp: string): string => `${timestamp.slice(0, 16).replace('T', ' ')} UTC`;

/** How to get no mail at all, at the end of every mail. */
export const noMailAtAll =
  'To get no more e-mail at all, switch e-mail off in your notification preferences ' +
  '(PUT /api/v1/notifications/preferences).';
