import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface FakeSiteRequest {
  method: string;
  /** As sent, with the query string. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface FakeSiteResponse {
  /** 200 when left out. */
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

/** Answers by returning a response, or writes to `response` itself and returns nothing. */
export type FakeSiteHandler = (
  request: FakeSiteRequest,
  response: ServerResponse,
) => FakeSiteResponse | void | Promise<FakeSiteResponse | void>;

/**
 * A web site on a free loopback port, for tests. It serves exactly what it was told: no validators, no redirects,
 * no content type of its own. A path that was never set answers 404.
 */
export class FakeSite {
  /** Every request so far, in order of arrival. */
  readonly requests: FakeSiteRequest[] = [];
  readonly #handlers = new Map<string, FakeSiteHandler>();
  readonly #server: Server;
  #handlerError: unknown;

  private constructor() {
    this.#server = createServer((request, response) => {
      void buffer(request).then(
        (body) =>
          this.#answer(
            { method: request.method!, path: request.url!, headers: request.headers, body },
            response,
          ),
        () => response.destroy(),
      );
    });
  }

  /** @param host the loopback address to listen on */
  static async start(host = '127.0.0.1'): Promise<FakeSite> {
    const site = new FakeSite();
    await new Promise<void>((resolve, reject) => {
      site.#server.once('error', reject).listen(0, host, resolve);
    });
    return site;
  }

  /** Origin without a trailing slash, e.g. `http://127.0.0.1:40123`. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What `path` (without a query string) answers from now on. */
  set(path: string, answer: FakeSiteResponse | FakeSiteHandler): void {
    this.#handlers.set(path, typeof answer === 'function' ? answer : () => answer);
  }

  /** How many requests asked for `path`, whatever their query string. */
  count(path: string): number {
    return this.requests.filter((request) => pathnameOf(request) === path).length;
  }

  /** Stops listening and ends every open connection. Rejects with the first error that a handler threw. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
    if (this.#handlerError) throw this.#handlerError;
  }

  async #answer(request: FakeSiteRequest, response: ServerResponse): Promise<void> {
    this.requests.push(request);
    const handler: FakeSiteHandler = this.#handlers.get(pathnameOf(request)) ?? (() => ({ status: 404 }));
    try {
      const answer = await handler(request, response);
      if (answer) response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
    } catch (error) {
      this.#handlerError ??= error;
      response.destroy();
    }
  }
}

const pathnameOf = (request: FakeSiteRequest) => request.path.split('?', 1)[0]!;
