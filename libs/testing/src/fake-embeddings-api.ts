import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** Body of `POST /embeddings`, as far as Torale uses it. */
export interface FakeEmbeddingsRequest {
  model: string;
  input: string[];
  dimensions?: number;
  encoding_format?: 'float' | 'base64';
}

/**
 * The embeddings API of OpenAI on loopback: refuses what OpenAI refuses (key, empty texts, too many of them), and
 * gives every text a vector of its own, always the same, not of unit length, in no particular order.
 */
export class FakeEmbeddingsApi {
  /** Requests that were well formed, in order of arrival. */
  readonly requests: FakeEmbeddingsRequest[] = [];
  readonly #failures: { status: number; retry_after?: number }[] = [];
  readonly #server: Server;

  private constructor(
    private readonly apiKey: string,
    private readonly dimensions: number,
  ) {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** @param dimensions what the model gives when it is asked for no other number */
  static async start(apiKey: string, dimensions: number): Promise<FakeEmbeddingsApi> {
    const fake = new FakeEmbeddingsApi(apiKey, dimensions);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  /** What EMBEDDING_BASE_URL is set to. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** The next requests fail, one each. */
  fail(...failures: { status: number; retry_after?: number }[]): void {
    this.#failures.push(...failures);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await json(request)) as FakeEmbeddingsRequest;
    if (request.method !== 'POST' || request.url !== '/v1/embeddings') {
      return sendError(response, 404, `Invalid URL (${request.method} ${request.url})`);
    }
    if (request.headers.authorization !== `Bearer ${this.apiKey}`) {
      return sendError(response, 401, 'Incorrect API key provided.');
    }
    const { input, dimensions = this.dimensions, encoding_format = 'float' } = body;
    if (!Array.isArray(input) || input.length === 0 || input.length > 2048 || input.includes('')) {
      return sendError(response, 400, "'$.input' is invalid.");
    }
    const failure = this.#failures.shift();
    if (failure) {
      if (failure.retry_after !== undefined) response.setHeader('retry-after', String(failure.retry_after));
      return sendError(response, failure.status, 'The request failed.');
    }
    this.requests.push(body);
    const data = input.map((text, index) => {
      const vector = vectorOf(text, dimensions);
      const embedding =
        encoding_format === 'base64'
          ? Buffer.from(Float32Array.from(vector).buffer).toString('base64')
          : vector;
      return { object: 'embedding', index, embedding };
    });
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        object: 'list',
        data: data.reverse(),
        model: body.model,
        usage: { prompt_tokens: 1, total_tokens: 1 },
      }),
    );
  }
}

function vectorOf(text: string, dimensions: number): number[] {
  const bytes = createHash('shake256', { outputLength: dimensions }).update(text).digest();
  return [...bytes].map((byte) => (byte - 127.5) / 32);
}

function sendError(response: ServerResponse, status: number, message: string): void {
  const error = { message, type: 'invalid_request_error', param: null, code: null };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
}
