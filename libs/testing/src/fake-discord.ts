import { randomInt } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { jsonObjectOf, LoopbackServer, type LoopbackRequest, sendJson } from './loopback-server.ts';

interface Embed {
  title?: string;
  description?: string;
  url?: string;
  color?: number;
}
export interface DiscordMessage {
  content?: string;
  embeds?: Embed[];
  allowed_mentions?: { parse?: string[] };
}

type Failure = 'unknown_webhook' | 'invalid_token' | 'rate_limited' | 'unavailable' | 'hang';
const limits = { title: 256, description: 4096, embed: 6000, content: 2000 };

/**
 * Webhooks of Discord on loopback: what they refuse and in which words, and what Discord would make of a message.
 * https://docs.discord.com/developers/resources/webhook#execute-webhook
 */
export class FakeDiscord extends LoopbackServer {
  /** Those that were posted. */
  readonly messages: DiscordMessage[] = [];
  /** The same as they are read: markup applied, escapes gone. */
  readonly shown: { title: string; description: string }[] = [];
  /** Everything in them that Discord would make a mention, a link or markup. */
  readonly marked: string[] = [];
  readonly #script: Failure[] = [];

  static start(): Promise<FakeDiscord> {
    return new FakeDiscord().listen();
  }

  get url(): string {
    return `${this.origin}/api/webhooks/1234567890123456789/aBcDeFgHiJkLmNoPqRsTuVwXyZ-aBcDeFgHiJkLmNoPqRsTuVwXyZ`;
  }

  failNext(...failures: Failure[]): void {
    this.#script.push(...failures);
  }

  protected answer({ method, url, body }: LoopbackRequest, response: ServerResponse): void {
    if (`${url.origin}${url.pathname}` !== this.url) {
      return sendJson(response, 404, { message: 'Unknown Webhook', code: 10015 });
    }
    if (method !== 'POST') return sendJson(response, 405, { message: '405: Method Not Allowed', code: 0 });
    switch (this.#script.shift()) {
      case 'hang':
        return;
      case 'unknown_webhook':
        return sendJson(response, 404, { message: 'Unknown Webhook', code: 10015 });
      case 'invalid_token':
        return sendJson(response, 401, { message: 'Invalid Webhook Token', code: 50027 });
      case 'rate_limited':
        return sendJson(
          response,
          429,
          { message: 'You are being rate limited.', retry_after: 12.34, global: false },
          { 'retry-after': '13', 'x-ratelimit-scope': 'shared' },
        );
      case 'unavailable':
        response.writeHead(503, { 'content-type': 'text/html' }).end('<html>upstream connect error</html>');
        return;
    }
    const message = jsonObjectOf(body) as DiscordMessage | undefined;
    if (!message)
      return sendJson(response, 400, { message: 'The request body contains invalid JSON.', code: 50109 });
    if (!message.content && !message.embeds?.length) {
      return sendJson(response, 400, { message: 'Cannot send an empty message', code: 50006 });
    }
    const fault = faultOf(message);
    if (fault) {
      return sendJson(response, 400, { message: 'Invalid Form Body', code: 50035, errors: { [fault]: {} } });
    }
    this.messages.push(message);
    const parsed = (message.embeds ?? []).map(({ title = '', description = '' }) => ({
      title: read(title),
      description: read(description),
    }));
    this.shown.push(
      ...parsed.map(({ title, description }) => ({ title: title.shown, description: description.shown })),
    );
    this.marked.push(...parsed.flatMap(({ title, description }) => [...title.marked, ...description.marked]));
    if (message.content && message.allowed_mentions?.parse?.length !== 0) {
      this.marked.push(...(message.content.match(/@everyone|@here|<@[!&]?\d+>/g) ?? []));
    }
    if (url.searchParams.get('wait') !== 'true') {
      response.writeHead(204).end();
      return;
    }
    sendJson(response, 200, { ...message, id: String(randomInt(2 ** 47)), type: 0 });
  }
}

function faultOf({ content = '', embeds = [] }: DiscordMessage): string | undefined {
  if (content.length > limits.content) return 'content';
  if (embeds.length > 10) return 'embeds';
  let total = 0;
  for (const { title = '', description = '', url, color = 0 } of embeds) {
    if (title.length > limits.title) return 'embeds.0.title';
    if (description.length > limits.description) return 'embeds.0.description';
    if (url !== undefined && !/^https?:\/\/./.test(url)) return 'embeds.0.url';
    if (!Number.isInteger(color) || color < 0 || color > 0xffffff) return 'embeds.0.color';
    total += title.length + description.length;
  }
  return total > limits.embed ? 'embeds' : undefined;
}

/** Discord's own rule for escapes: a backslash before a sign that is neither letter, digit nor space. */
function read(text: string): { shown: string; marked: string[] } {
  const literal: string[] = [];
  // A character that stands for nothing in markup in the place of each escaped sign.
  const unescaped = text.replace(/\\([^0-9A-Za-z\s])/g, (_, sign: string) => {
    literal.push(sign);
    return '\u0001';
  });
  const marked =
    unescaped.match(
      /@everyone|@here|<[@#:t][^>]*>|https?:\/\/\S+|\[[^\]]+\]\([^)]+\)|\*[^*]+\*|_[^_]+_|~~|`|\|\||^[>#-] /gm,
    ) ?? [];
  return { shown: unescaped.replaceAll('\u0001', () => literal.shift()!), marked };
}
