import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { jsonObjectOf, LoopbackServer, type LoopbackRequest, sendJson } from './loopback-server.ts';

export interface NtfyMessage {
  topic: string;
  title?: string;
  message?: string;
  priority?: number;
  tags?: string[];
  click?: string;
  markdown?: boolean;
}

type Failure = 'rate_limited' | 'unavailable' | 'hang';
const maxMessageBytes = 4096;

/** An ntfy server on loopback, as far as it is published to as JSON. https://docs.ntfy.sh/publish/#publish-as-json */
export class FakeNtfy extends LoopbackServer {
  /** Those that were published. */
  readonly messages: NtfyMessage[] = [];
  readonly #script: Failure[] = [];

  private constructor(
    /** Whoever publishes needs it; null: anyone may. */
    readonly token: string | null,
  ) {
    super();
  }

  static start(token: string | null = null): Promise<FakeNtfy> {
    return new FakeNtfy(token).listen();
  }

  failNext(...failures: Failure[]): void {
    this.#script.push(...failures);
  }

  protected answer({ method, url, headers, body }: LoopbackRequest, response: ServerResponse): void {
    const refuse = (http: number, code: number, error: string) =>
      sendJson(response, http, { code, http, error, link: 'https://ntfy.sh/docs/publish/' });
    if (url.pathname !== '/' || !['POST', 'PUT'].includes(method))
      return refuse(404, 40401, 'page not found');
    switch (this.#script.shift()) {
      case 'hang':
        return;
      case 'rate_limited':
        return refuse(429, 42908, 'limit reached: daily message quota reached');
      case 'unavailable':
        response.writeHead(502).end('<html>502 Bad Gateway</html>');
        return;
    }
    const { authorization } = headers;
    if (authorization !== undefined && authorization !== `Bearer ${this.token}`) {
      return refuse(401, 40101, 'unauthorized');
    }
    if (this.token !== null && authorization === undefined) return refuse(403, 40301, 'forbidden');
    const message = jsonObjectOf(body) as NtfyMessage | undefined;
    if (!message) return refuse(400, 40024, 'invalid request: request body must be message JSON');
    if (!/^[-\w]{1,64}$/.test(message.topic ?? ''))
      return refuse(400, 40009, 'invalid request: topic invalid');
    const { priority = 3 } = message;
    if (!Number.isInteger(priority) || priority < 1 || priority > 5) {
      return refuse(400, 40007, 'invalid priority parameter');
    }
    if (Buffer.byteLength(message.message ?? '') > maxMessageBytes) {
      return refuse(413, 41301, 'attachment too large, or bandwidth limit reached');
    }
    this.messages.push(message);
    sendJson(response, 200, {
      id: randomBytes(9).toString('base64url'),
      time: Math.floor(Date.now() / 1000),
      event: 'message',
      ...message,
    });
  }
}
