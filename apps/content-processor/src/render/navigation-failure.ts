import { RenderError } from './renderer.ts';

type Failure = ConstructorParameters<typeof RenderError>[0];

/** What Chromium's error codes come to; the first that matches. */
const outcomes: [RegExp, Failure][] = [
  [/^ERR_(CERT|SSL|BAD_SSL)/, 'tls_error'],
  [/^ERR_NAME_/, 'dns_error'],
  [/TIMED_OUT$/, 'timeout'],
  [/^ERR_TOO_MANY_REDIRECTS/, 'too_many_redirects'],
  [/TOO_BIG|^ERR_INSUFFICIENT_RESOURCES|^ERR_OUT_OF_MEMORY/, 'too_large'],
  [/^ERR_UNSAFE_PORT/, 'address_refused'],
  [/SCHEME|^ERR_UNSAFE_REDIRECT|^ERR_INVALID_URL|^ERR_BLOCKED_BY/, 'unsupported'],
];

/** What a failed navigation comes to, from Playwright's message; undefined when it was not the network that failed. */
export function navigationFailure(error: Error, host: string): RenderError | undefined {
  const code = /net::(ERR_\w+)/.exec(error.message)?.[1];
  if (code === undefined) return undefined;
  const outcome = outcomes.find(([pattern]) => pattern.test(code))?.[1] ?? 'connection_error';
  return new RenderError(outcome, `The browser could not load the page from ${host}: ${code}`, {
    cause: error,
  });
}
