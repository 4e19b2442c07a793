import type { SourceNotice } from '../deliveries.repository.ts';
import { singleLine } from '../single-line.ts';
import { html } from './html.ts';
import { letterHtml, linkTo, noMailAtAll, quiet, shownTime, type Letter } from './letter.ts';

/** A source that fails or recovered, as an e-mail. */
export function renderSourceEmail(notice: SourceNotice): Letter {
  const site = singleLine(URL.parse(notice.source_url)?.host ?? notice.source_url, 80);
  const url = singleLine(notice.source_url, 2048);
  const sentence = singleLine(notice.raw_query, 2000);
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

function wordsOf({ kind, detail, failing_since, created_at }: SourceNotice, site: string) {
  if (kind === 'recovered') {
    return {
      summary: `Torale can read ${site} again`,
      said: `The page could not be read from ${shownTime(failing_since)} to ${shownTime(created_at)}. It is compared with what was read before that.`,
      why: 'You get this because you were told that the page could not be read. Torale watches it as often as before.',
    };
  }
  return {
    summary: `Torale cannot read ${site}`,
    said: singleLine(detail ?? 'The page could not be read.', 1000),
    why: 'You get this because the page could not be read several times in a row. Torale keeps trying, less often, and tells you once when it can be read again.',
  };
}
