import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface LoopbackRequest {
  method: string;
  /** With the query. */
  url: URL;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** A server on loopback that stands in for a service of somebody else's. */
export abstract class LoopbackServer {
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  /** A server that throws fails the test which reads its answer, not the process. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.answer(
        {
          method: request.method ?? '',
          url: new URL(request.url ?? '/', this.origin),
          headers: request.headers,
          body: await buffer(request),
        },
        response,
      );
    } catch (error) {
      response.writeHead(599).end(String(error));
    }
  }

  protected abstract answer(request: LoopbackRequest, response: ServerResponse): Promise<void> | void;

  protected async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo | null)?.port ?? 0}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Undefined for what is no JSON object. */
export function jsonObjectOf(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
