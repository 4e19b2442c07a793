import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * The object API of Supabase Storage on loopback with one private bucket, answering as the real one does: errors are
 * 400 with a `statusCode` of their own in the body, an upload onto an existing key needs `x-upsert`.
 */
export class FakeSupabaseStorage {
  /** What the bucket holds, by key. */
  readonly objects = new Map<string, Buffer>();
  /** While true, every request is answered 503. */
  down = false;
  readonly #server: Server;

  private constructor(
    private readonly serviceKey: string,
    private readonly bucket: string,
  ) {
    this.#server = createServer((request, response) => {
      void buffer(request).then(
        (body) => this.#serve(request, body, response),
        () => response.destroy(),
      );
    });
  }

  static async start(serviceKey: string, bucket: string): Promise<FakeSupabaseStorage> {
    const fake = new FakeSupabaseStorage(serviceKey, bucket);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  /** What SUPABASE_URL is set to. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #serve(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    if (this.down) return void response.writeHead(503).end('upstream connect error');
    if (request.headers.authorization !== `Bearer ${this.serviceKey}`) {
      return sendError(response, '403', 'Unauthorized', 'signature verification failed');
    }
    const [, bucket, key = ''] = /^\/storage\/v1\/object\/([^/?]+)\/?([^?]*)/.exec(request.url!) ?? [];
    if (bucket !== this.bucket) return sendError(response, '404', 'Bucket not found', 'Bucket not found');
    const path = decodeURIComponent(key);
    switch (request.method) {
      case 'POST':
        if (this.objects.has(path) && request.headers['x-upsert'] !== 'true') {
          return sendError(response, '409', 'Duplicate', 'The resource already exists');
        }
        this.objects.set(path, body);
        return sendJson(response, 200, { Key: `${bucket}/${path}`, Id: path });
      case 'GET': {
        const object = this.objects.get(path);
        if (!object) return sendError(response, '404', 'not_found', 'Object not found');
        return void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(object);
      }
      case 'DELETE': {
        const { prefixes } = JSON.parse(body.toString()) as { prefixes: string[] };
        const removed = prefixes.filter((name) => this.objects.delete(name));
        return sendJson(
          response,
          200,
          removed.map((name) => ({ name, bucket_id: bucket })),
        );
      }
      default:
        return sendError(response, '404', 'not_found', `Route ${request.method}:${request.url} not found`);
    }
  }
}

const sendJson = (response: ServerResponse, status: number, body: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const sendError = (response: ServerResponse, statusCode: string, error: string, message: string): void =>
  sendJson(response, 400, { statusCode, error, message });
