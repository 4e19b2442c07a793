import type { ServerResponse } from 'node:http';
import { jsonObjectOf, LoopbackServer, type LoopbackRequest } from './loopback-server.ts';

interface TextObject {
  type: string;
  text: string;
  emoji?: boolean;
  verbatim?: boolean;
}
interface Block {
  type: string;
  block_id?: string;
  text?: TextObject;
  elements?: TextObject[];
}
export interface SlackMessage {
  text?: string;
  mrkdwn?: boolean;
  blocks?: Block[];
}

type Failure =
  'channel_is_archived' | 'no_service' | 'invalid_token' | 'rate_limited' | 'rollup_error' | 'hang';
const failures: Record<Exclude<Failure, 'hang'>, [status: number, text: string]> = {
  channel_is_archived: [410, 'channel_is_archived'],
  no_service: [404, 'no_service'],
  invalid_token: [403, 'invalid_token'],
  rate_limited: [429, 'rate_limited'],
  rollup_error: [500, 'rollup_error'],
};
const textLimits: Record<string, number> = { header: 150, section: 3000 };

/**
 * Incoming webhooks of Slack on loopback: what they refuse and in which words, and what Slack would make of a message.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export class FakeSlack extends LoopbackServer {
  /** Those that were posted. */
  readonly messages: SlackMessage[] = [];
  /** Everything in them that Slack would make a mention, a link or markup, by what it is. */
  readonly marked: string[] = [];
  readonly #script: Failure[] = [];

  static start(): Promise<FakeSlack> {
    return new FakeSlack().listen();
  }

  get url(): string {
    return `${this.origin}/services/T0001/B0001/XXXXXXXXXXXXXXXXXXXXx4Qz`;
  }

  failNext(...failures: Failure[]): void {
    this.#script.push(...failures);
  }

  protected answer({ method, url, body }: LoopbackRequest, response: ServerResponse): void {
    const send = (status: number, text: string, headers = {}) =>
      response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(text);
    if (url.href !== this.url) return void send(404, 'no_service');
    if (method !== 'POST') return void send(400, 'invalid_payload');
    const scripted = this.#script.shift();
    if (scripted === 'hang') return;
    if (scripted)
      return void send(...failures[scripted], scripted === 'rate_limited' ? { 'retry-after': '30' } : {});
    const message = jsonObjectOf(body) as SlackMessage | undefined;
    if (!message) return void send(400, 'invalid_payload');
    if (!message.text && !message.blocks?.length) return void send(400, 'no_text');
    if (!blocksAreValid(message.blocks ?? [])) return void send(400, 'invalid_blocks');
    this.messages.push(message);
    this.marked.push(...markedIn(message));
    send(200, 'ok');
  }
}

function blocksAreValid(blocks: Block[]): boolean {
  const ids = blocks.flatMap(({ block_id }) => block_id ?? []);
  return (
    blocks.length <= 50 &&
    new Set(ids).size === ids.length &&
    ids.every((id) => id.length <= 255) &&
    blocks.every(({ type, text, elements }) => {
      const limit = textLimits[type];
      if (limit === undefined) return type === 'context' && (elements?.length ?? 0) > 0;
      if (!text || text.text.length === 0 || text.text.length > limit) return false;
      return text.type === 'plain_text' || (type === 'section' && text.type === 'mrkdwn');
    })
  );
}

/** In plain text objects Slack looks for nothing but emoji names; in mrkdwn for everything. */
function markedIn({ text = '', mrkdwn = true, blocks = [] }: SlackMessage): string[] {
  const objects = blocks.flatMap(({ text, elements = [] }) => [...(text ? [text] : []), ...elements]);
  const marked: string[] = [...entitiesIn(text)];
  if (mrkdwn) marked.push(...formattingIn(text));
  for (const object of objects) {
    if (object.type === 'mrkdwn') {
      marked.push(...entitiesIn(object.text), ...formattingIn(object.text.replace(/<[^>]*>/g, '')));
      if (!object.verbatim) marked.push(...(object.text.match(/(?<![<|])https?:\/\/\S+/g) ?? []));
    } else if (object.emoji !== false) {
      marked.push(...(object.text.match(/:[a-z_]+:/g) ?? []));
    }
  }
  return marked;
}

const entitiesIn = (text: string) => text.match(/<[^<>]+>/g) ?? [];
const formattingIn = (text: string) => text.match(/\*[^*\n]+\*|~[^~\n]+~|`[^`\n]+`/g) ?? [];
