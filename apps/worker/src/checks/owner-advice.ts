import type { FetchOutcome } from '@torale/contracts';

/** What the owner of a source can do about an outcome; an outcome that is left out has to be waited for. */
const advice: Partial<Record<FetchOutcome, string>> = {
  blocked:
    'The site turns programs away. What may help: have a browser read the page (render_mode "always"), send the ' +
    'cookies of your own visit (request.cookies), go through a proxy (request.proxy), or watch a feed or another ' +
    'page that says the same.',
  login_required:
    'Give Torale a way in: the cookies of your own session (request.cookies) or an authorization header ' +
    '(request.headers). They are kept sealed.',
  robots_denied:
    'The robots.txt of the site asks programs not to read this page. If the page is yours or its owner agrees, ' +
    'switch respect_robots off for this source; otherwise watch another page.',
  not_found: 'If the page has moved, add its new address as a source and delete this one.',
  empty:
    'If the page shows its text in a browser only, have a browser read it (render_mode "always"); if selectors ' +
    'choose what is read, see whether they still fit the page (extraction).',
  client_error:
    'See whether the method, the headers and the body of the request are what the site expects (request).',
  too_large: 'Watch a smaller page that says the same, such as a feed.',
  too_many_redirects:
    'Sites redirect for ever when they miss a cookie: send those of your own visit (request.cookies).',
};

/** What went wrong, followed by what can be done about it. */
export function withAdvice(outcome: FetchOutcome, detail: string): string {
  const help = advice[outcome];
  return help === undefined ? detail : `${detail} ${help}`;
}
