import type { FetchOutcome } from '@torale/contracts';

/** How a request failed without a usable response, as the source's owner sees it. */
export type OutboundFailure = Extract<
  FetchOutcome,
  | 'timeout'
  | 'dns_error'
  | 'connection_error'
  | 'tls_error'
  | 'too_large'
  | 'too_many_redirects'
  | 'unsupported'
  | 'address_refused'
  | 'robots_denied'
>;

/** Every way to fail, by its stable code, with the outcome it comes to. Each limit has a code of its own. */
export const outcomeOfCode = {
  connect_timeout: 'timeout',
  headers_timeout: 'timeout',
  idle_timeout: 'timeout',
  total_timeout: 'timeout',
  /** The caller gave up. */
  timeout: 'timeout',
  headers_too_large: 'too_large',
  wire_too_large: 'too_large',
  body_too_large: 'too_large',
  too_large: 'too_large',
  too_many_redirects: 'too_many_redirects',
  dns_error: 'dns_error',
  tls_error: 'tls_error',
  connection_error: 'connection_error',
  /** The proxy cannot be reached or will not connect. */
  proxy_error: 'connection_error',
  /** The body is not in the encoding that its header names. */
  malformed_body: 'connection_error',
  unsupported: 'unsupported',
  address_refused: 'address_refused',
  robots_denied: 'robots_denied',
} as const satisfies Record<string, OutboundFailure>;

export type OutboundCode = keyof typeof outcomeOfCode;
