import type { Notice } from '../channels/told.ts';
import { singleLine } from '../single-line.ts';
import { html } from './html.ts';
import { letterHtml, linkTo, noMailAtAll, quiet, shownTime, type Letter } from './letter.ts';

/** A source that fails or recovered, as an e-mail. */
export function renderSourceEmail(notice: Notice): Letter {
  const source_url = notice.source_url ?? '';
  const raw_query = notice.raw_query ?? '';
  const site = singleLine(URL.parse(source_url)?.host ?? source_url, 80);
  const url = singleLine(source_url, 2048);
  const sentence = singleLine(raw_query, 2000);
  const { summary, said, why } = wordsOf(notice, site);
  const stop =
    `To stop, pause or delete this source in Torale (PATCH or DELETE /api/v1/monitored-sources/${notice.source_id}). ` +
    noMailAtAll;
  return {
    subject: summary,
    text: `${summary}\n\nYou asked: “${sentence}”\n\n${said}\n\nSource: ${url}\n\n--\n${why}\n${stop}\n`,
    html: letterHtml(
      { summary, sentence, why, stop },
      html`<p dir="auto" style="margin:0 0 22px;font-size:16px;line-height:1.45;overflow-wrap:anywhere">
          ${said}
        </p>
        <p style="margin:0;${quiet};overflow-wrap:anywhere">${linkTo(url)}</p>`,
    ).markup,
  };
}

function wordsOf({ kind, detail, occurred_at, created_at }: Notice, site: string) {
  if (kind === 'recovered') {
    return {
      summary: `Torale can read ${site} again`,
      said: `The page could not be read from ${shownTime(occurred_at)} to ${shownTime(created_at)}. It is compared with what was read before that.`,
      why: 'You get this because you were told that the page could not be read. Torale watches it as often as before.',
    };
  }
  return {
    summary: `Torale cannot read ${site}`,
    said: singleLine(detail ?? 'The page could not be read.', 1000),
    why: 'You get this because the page could not be read several times in a row. Torale keeps trying, less often, and tells you once when it can be read again.',
  };
}
