import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

export interface ReceivedWebhook {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** The bytes as they came, which is what a signature is made over. */
  body: string;
}

export interface WebhookAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** Waits this long before it answers, milliseconds. */
  delay_ms?: number;
  /** Waits for this before it answers. */
  after?: Promise<void>;
}

/**
 * A receiver of webhooks on loopback. It answers the challenge that verifies it, and 204 to what is told unless told
 * otherwise; it keeps every POST.
 */
export class WebhookReceiver {
  /** In the order of arrival; a request is here before it is answered. */
  readonly requests: ReceivedWebhook[] = [];
  /** Those that brought a challenge. */
  readonly challenges: ReceivedWebhook[] = [];
  /** Whether it answers challenges as whoever wanted the channel does. */
  consents = true;
  /** What it answers to a challenge that it does not consent to; nothing unless it is given. */
  answerChallenge: ((body: string) => string) | undefined;
  private readonly answers: (WebhookAnswer | 'hang')[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', async (request, response) => {
      // A stray call for whoever had the port before: health checks, mostly.
      if (request.method !== 'POST') {
        response.writeHead(405).end();
        return;
      }
      const received: ReceivedWebhook = {
        method: request.method,
        path: request.url ?? '',
        headers: request.headers,
        body: await text(request),
      };
      const challenge = challengeIn(received.body);
      if (challenge !== undefined) {
        this.challenges.push(received);
        if (this.consents) response.writeHead(200, { 'content-type': 'application/json' });
        response.end(this.consents ? JSON.stringify({ challenge }) : this.answerChallenge?.(received.body));
        return;
      }
      this.requests.push(received);
      const answer = this.answers.shift() ?? { status: 204 };
      if (answer === 'hang') return;
      await Promise.all([answer.after, sleep(answer.delay_ms ?? 0)]);
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  }

  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new WebhookReceiver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** Scripts the next answers, one per request; `hang` never answers. */
  answerNext(...answers: (number | WebhookAnswer | 'hang')[]): void {
    this.answers.push(...answers.map((answer) => (typeof answer === 'number' ? { status: answer } : answer)));
  }

  /** The requests that carry a Standard Webhooks signature by this secret. */
  signedBy(secret: string): ReceivedWebhook[] {
    const verifier = new Webhook(secret);
    return this.requests.filter(({ headers, body }) => {
      try {
        verifier.verify(body, headers as Record<string, string>);
        return true;
      } catch {
        return false;
      }
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function challengeIn(body: string): string | undefined {
  try {
    const event = JSON.parse(body) as { type?: string; data?: { challenge?: string } };
    return event.type === 'channel.verification' ? event.data?.challenge : undefined;
  } catch {
    return undefined;
  }
}
