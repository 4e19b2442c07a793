import type { FetchOutcome } from '@torale/contracts';

export interface OutboundRequest {
  url: string;
  method?: 'GET' | 'HEAD' | 'POST';
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Whole exchange including redirects, milliseconds; the configured limit when left out. */
  timeout_ms?: number;
  /** Decoded body, bytes; the configured limit when left out. */
  max_bytes?: number;
  /** 0 returns the redirect itself; the configured limit when left out. */
  max_redirects?: number;
  signal?: AbortSignal | undefined;
}

export interface OutboundResponse {
  /** Any HTTP status: a 404 is a response, not an error. */
  status: number;
  /** Where the response came from after redirects. */
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** Decoded (gzip, br, deflate, zstd) bytes. */
  body: Buffer;
}

/** How a request failed without a usable response. */
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
>;

export class OutboundError extends Error {
  readonly outcome: OutboundFailure;
  constructor(outcome: OutboundFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OutboundError';
    this.outcome = outcome;
  }
}

/** The only door to addresses that a user chose. */
export interface OutboundHttp {
  /** Rejects with OutboundError only. */
  fetch(request: OutboundRequest): Promise<OutboundResponse>;
  /**
   * Rejects with OutboundError `address_refused` (or `unsupported` for a scheme) when a URL would be refused, for
   * early answers to users. A name that does not resolve now is let through: fetching says so later.
   */
  assertAllowed(url: string): Promise<void>;
}
export const OUTBOUND_HTTP = Symbol.for('torale.OutboundHttp');
