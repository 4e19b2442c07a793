import type { Block } from '@torale/contracts';
import { ExtractionError } from './extraction-error.ts';

interface PageResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
}

/** What a site without the wish to answer says, whatever the status: its titles, in full. */
const challengeTitle =
  /^(just a moment|attention required! \| cloudflare|access (to this page has been )?denied|403 forbidden|robot check|are you (a )?(human|robot)|pardon our interruption|please (wait|verify)|verif(y|ying) (that )?you are (a )?human|human verification|security (check|checkpoint)|checking your browser|one moment, please|ddos-guard|request unsuccessful|you have been blocked|vercel security checkpoint|bot verification|client challenge)/i;
/** What only the pages of bot walls load. Cloudflare's scripts are left out: it adds them to ordinary pages too. */
const challengeMarkup =
  /_Incapsula_Resource|captcha-delivery\.com|px-captcha|window\._pxAppId|awsWafCookieDomainList|gokuProps|\/_sec\/cp_challenge|cf-chl-|cf_chl_opt|ddos-guard\/js-challenge/;
const missingTitle =
  /^((error )?404\b|(page|seite|site|file|content) (was )?not found|not found$|page (does not|doesn.t) exist)/i;
const brokenTitle =
  /^((error )?(500|502|503|504|520|521|522|523|524)\b|internal server error|bad gateway|service (temporarily )?unavailable|gateway time-?out|under maintenance|site maintenance|we.ll be (right )?back|database error)/i;

/** A page that says more than this has something to say besides its title. */
const maxErrorPageLength = 1500;
const maxMarkedPageLength = 500;

/**
 * Fails with what a response is when its status says that it is not the page that was asked for.
 * @param html its text, to tell a bot wall from a broken server
 */
export function assertSuccessStatus({ status, headers }: PageResponse, html: string): void {
  const said = `The site answered with status ${status}`;
  if (
    headers['cf-mitigated'] === 'challenge' ||
    /challenge|captcha/.test(headers['x-amzn-waf-action'] ?? '')
  ) {
    throw new ExtractionError('blocked', `The site asks for proof that a person is there (status ${status})`);
  }
  if (status >= 200 && status < 300) return;
  if (status === 401)
    throw new ExtractionError('login_required', `The site asks for a login (status ${status})`);
  if (status === 404 || status === 410)
    throw new ExtractionError('not_found', `${said}: the page is not there`);
  if (status === 403 || status === 429)
    throw new ExtractionError('blocked', `${said}: it refuses to be read`);
  if (status >= 500) {
    if (challengeMarkup.test(html)) throw new ExtractionError('blocked', `${said} and a bot wall`);
    throw new ExtractionError('server_error', said);
  }
  if (status >= 400) throw new ExtractionError('client_error', said);
  throw new ExtractionError('server_error', `${said}, which leads nowhere`);
}

/**
 * Fails when a page with a good status is a bot wall, an error page or a login in place of the content. Only short
 * pages are suspected: an article may be called "Access denied".
 */
export function assertContentPage(
  blocks: readonly Block[],
  html: string,
  redirectedTo: URL | undefined,
): void {
  const length = blocks.reduce((sum, block) => sum + block.text.length, 0);
  if (length > maxErrorPageLength) return;

  const names = blocks
    .filter(({ kind }) => kind === 'title' || kind === 'heading')
    .slice(0, 2)
    .map(({ text }) => text);
  const isNamed = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (isNamed(challengeTitle) || (length <= maxMarkedPageLength && challengeMarkup.test(html))) {
    throw new ExtractionError('blocked', `The site shows a bot wall in place of the page${quoted(names[0])}`);
  }
  if (isNamed(missingTitle)) {
    throw new ExtractionError(
      'not_found',
      `The site shows an error page with a good status${quoted(names[0])}`,
    );
  }
  if (isNamed(brokenTitle)) {
    throw new ExtractionError(
      'server_error',
      `The site shows an error page with a good status${quoted(names[0])}`,
    );
  }
  const isLoginPath =
    redirectedTo && /(^|[/_-])(log-?in|sign-?in|sso|auth)([/_.-]|$)/i.test(redirectedTo.pathname);
  if (isLoginPath && /<input\b[^>]{0,500}?type\s*=\s*["']?password/i.test(html)) {
    throw new ExtractionError('login_required', `The site leads to its login at ${redirectedTo.href}`);
  }
}

const quoted = (name: string | undefined) => (name ? `: “${name}”` : '');
