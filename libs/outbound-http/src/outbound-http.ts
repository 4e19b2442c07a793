import { outcomeOfCode, type OutboundCode, type OutboundFailure } from './outbound-code.ts';

export interface OutboundRequest {
  url: string;
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | undefined;
  /** Those of the connection itself (Host, Content-Length, Connection, …) are refused. */
  headers?: Record<string, string>;
  /** Sent besides a `cookie` header, and like it to the origin of `url` only. */
  cookies?: Record<string, string> | undefined;
  /** Instead of Torale's own. */
  user_agent?: string | undefined;
  body?: string | Buffer | undefined;
  /**
   * `http:`, `https:` or `socks5:` URL, with a user name and a password where it asks for them; in place of the
   * configured one. A user chose it, so it has to be at a permitted address itself.
   */
  proxy?: string | undefined;

  // Each is the configured limit when left out; times in milliseconds, sizes in bytes.
  /** Name lookup, TCP and TLS, and the proxy's part of it. */
  connect_timeout_ms?: number | undefined;
  /** From the request to the last header of its response. */
  headers_timeout_ms?: number | undefined;
  /** Between two pieces of the body. */
  idle_timeout_ms?: number | undefined;
  /** All exchanges of the fetch together, redirects included; not the waiting in `around_exchange`. */
  timeout_ms?: number | undefined;
  /** The status line and headers of one response. */
  max_header_bytes?: number | undefined;
  /** The body as it is sent. */
  max_wire_bytes?: number | undefined;
  /** The body as it is decoded. */
  max_bytes?: number | undefined;
  /** 0 returns the redirect itself. */
  max_redirects?: number | undefined;
  signal?: AbortSignal | undefined;

  /**
   * Wraps every exchange of the fetch, the first and each that a redirect leads to: the place to wait for a turn at
   * a host, or to refuse it. What it throws is what the fetch rejects with.
   * @param url allowed by scheme and port; never with user name or fragment
   */
  around_exchange?(url: URL, exchange: () => Promise<OutboundResponse>): Promise<OutboundResponse>;
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

export class OutboundError extends Error {
  /** Which limit or which step. */
  readonly code: OutboundCode;
  /** What it means for the source. */
  readonly outcome: OutboundFailure;
  constructor(code: OutboundCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OutboundError';
    this.code = code;
    this.outcome = outcomeOfCode[code];
  }
}

/** The only door to addresses that a user chose. */
export interface OutboundHttp {
  /** Rejects with OutboundError, and with what `around_exchange` throws. */
  fetch(request: OutboundRequest): Promise<OutboundResponse>;
  /**
   * Rejects with OutboundError `address_refused` (or `unsupported` for a scheme) when a URL would be refused, for
   * early answers to users. A name that does not resolve now is let through: fetching says so later.
   */
  assertAllowed(url: string): Promise<void>;
}
export const OUTBOUND_HTTP = Symbol.for('torale.OutboundHttp');
