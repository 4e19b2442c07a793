import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AlertWebhookEvent } from '@torale/contracts';
import { FakeSite, type FakeSiteRequest } from '@torale/testing';
import { Webhook } from 'standardwebhooks';
import type { Random } from './random.ts';

/** How a request is received, and how often out of the sum of all. */
const manners = {
  accepts: 10,
  'answers late': 2,
  'answers 500': 2,
  hangs: 1,
  drops: 1,
  'accepts and answers too late': 2,
  'accepts and drops': 2,
};
type Manner = keyof typeof manners;

/** A message is refused, or accepted unheard, so often at most: it has to get through in the end. */
const TROUBLES = 3;

/** What became of the messages of one webhook-id. */
export interface ReceivedMessage {
  hook: string;
  alertId: string;
  /** Values in dollars that its evidence ends on. */
  prices: number[];
  requests: number;
  accepted: boolean;
  /** Requests that came though an earlier one was accepted and its answer sent in time. */
  afterAnswer: number;
}

/** Receives webhooks as badly as the world does. It verifies, and counts each `webhook-id` once, as the standard says. */
export class UnreliableReceiver {
  readonly messages = new Map<string, ReceivedMessage>();
  /** Requests that no honest sender makes. */
  readonly forged: string[] = [];
  readonly counts: Record<Manner, number> = {
    accepts: 0,
    'answers late': 0,
    'answers 500': 0,
    hangs: 0,
    drops: 0,
    'accepts and answers too late': 0,
    'accepts and drops': 0,
  };
  readonly #server: FakeSite;
  readonly #random: Random;
  readonly #timeoutMs: number;
  readonly #bodies = new Map<string, string>();
  readonly #answered = new Set<string>();
  #onAlert: (message: ReceivedMessage) => void = () => undefined;
  #calm = false;

  private constructor(server: FakeSite, random: Random, timeoutMs: number) {
    this.#server = server;
    this.#random = random;
    this.#timeoutMs = timeoutMs;
  }

  /** @param timeoutMs how long the sender waits for an answer */
  static async start(random: Random, timeoutMs: number): Promise<UnreliableReceiver> {
    return new UnreliableReceiver(await FakeSite.start(), random, timeoutMs);
  }

  get requests(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  onAlert(listener: (message: ReceivedMessage) => void): void {
    this.#onAlert = listener;
  }

  /** Answers the challenge that verifies the hook, as whoever wants it does; returns the hook's address. */
  consentTo(hook: string): string {
    this.#server.set(`/${hook}`, ({ body }) => {
      const { data } = JSON.parse(body.toString('utf8')) as { data: { challenge: string } };
      return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(data) };
    });
    return `${this.#server.url}/${hook}`;
  }

  /** From now on messages that were signed with this secret are received at the hook. */
  open(hook: string, secret: string): void {
    const verifier = new Webhook(secret);
    this.#server.set(`/${hook}`, (request, response) => this.#receive(hook, verifier, request, response));
  }

  /** From now on every message is accepted at once. */
  calm(): void {
    this.#calm = true;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  async #receive(
    hook: string,
    verifier: Webhook,
    { headers, body }: FakeSiteRequest,
    response: ServerResponse,
  ): Promise<void> {
    const id = headers['webhook-id'] as string;
    const text = body.toString('utf8');
    const event = this.#verify(hook, verifier, headers as Record<string, string>, text);
    if (!event) return void response.writeHead(400).end();
    const message = this.messages.get(id) ?? {
      hook,
      alertId: event.data.alert_id,
      prices: event.data.evidence.flatMap(({ after }) => pricesIn(after)),
      requests: 0,
      accepted: false,
      afterAnswer: 0,
    };
    this.messages.set(id, message);
    if ((this.#bodies.get(id) ?? text) !== text) this.forged.push(`${hook}: ${id} came with two bodies`);
    this.#bodies.set(id, text);
    message.requests++;
    if (this.#answered.has(id)) message.afterAnswer++;
    this.#onAlert(message);

    const manner = this.#calm || message.requests > TROUBLES ? 'accepts' : this.#random.weighted(manners);
    this.counts[manner]++;
    switch (manner) {
      case 'answers 500':
        return void response.writeHead(500).end('Sorry');
      case 'hangs':
        return;
      case 'drops':
        return void response.destroy();
    }
    message.accepted = true;
    if (manner === 'accepts and drops') return void response.destroy();
    if (manner === 'answers late') await sleep(this.#timeoutMs * 0.5);
    if (manner === 'accepts and answers too late') await sleep(this.#timeoutMs * 1.5);
    else if (!response.destroyed) this.#answered.add(id);
    response.writeHead(204).end();
  }

  #verify(
    hook: string,
    verifier: Webhook,
    headers: Record<string, string>,
    text: string,
  ): AlertWebhookEvent | undefined {
    try {
      const event = verifier.verify(text, headers) as AlertWebhookEvent;
      if (event.type === 'alert.created') return event;
      this.forged.push(`${hook}: a ${String(event.type)}, where nothing but alerts is due: ${text}`);
    } catch (error) {
      this.forged.push(`${hook}: ${(error as Error).message}`);
    }
    return undefined;
  }
}

/** The prices in a text of the watched pages. */
export const pricesIn = (text: string | null): number[] =>
  [...(text ?? '').matchAll(/\$(\d{4,})\.00/g)].map(([, price]) => Number(price));
