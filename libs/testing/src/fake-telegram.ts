import type { ServerResponse } from 'node:http';
import { jsonObjectOf, LoopbackServer, type LoopbackRequest, sendJson } from './loopback-server.ts';

interface Entity {
  type: string;
  offset: number;
  length: number;
}
export interface TelegramMessage {
  chat_id: string | number;
  text: string;
  parse_mode?: string;
  entities?: Entity[];
  disable_notification?: boolean;
  link_preview_options?: { is_disabled?: boolean };
  reply_markup?: { inline_keyboard?: { text: string; url?: string }[][] };
}

type Failure = 'rate_limited' | 'blocked' | 'unavailable' | 'hang';

/** What clients make of a text besides what the sender said. */
const detected: [type: string, pattern: RegExp][] = [
  ['url', /(?:https?:\/\/)?(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?:[/?#]\S*)?|https?:\/\/\S+/giu],
  ['mention', /(?<!\w)@\w{3,32}/g],
  ['hashtag', /(?<!\w)#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*/gu],
  ['bot_command', /(?<!\S)\/[a-z0-9_]{1,32}/gi],
];

/** `sendMessage` of Telegram's Bot API on loopback. https://core.telegram.org/bots/api#sendmessage */
export class FakeTelegram extends LoopbackServer {
  /** Those that were posted. */
  readonly messages: TelegramMessage[] = [];
  /** The entities that each message was shown with, those that Telegram found itself too. */
  readonly entities: (Entity & { text: string })[][] = [];
  /** Groups that became supergroups, by their old id. */
  readonly migrated = new Map<string, number>();
  readonly #script: Failure[] = [];

  private constructor(
    readonly token: string,
    readonly chatIds: string[],
  ) {
    super();
  }

  static start(
    token = '123456789:AAE-abcdefghijklmnopqrstuvwxyz12345',
    chatIds = ['-1001234567890'],
  ): Promise<FakeTelegram> {
    return new FakeTelegram(token, chatIds).listen();
  }

  failNext(...failures: Failure[]): void {
    this.#script.push(...failures);
  }

  protected answer({ url, body }: LoopbackRequest, response: ServerResponse): void {
    const refuse = (error_code: number, description: string, parameters?: object) =>
      sendJson(response, error_code, {
        ok: false,
        error_code,
        description,
        ...(parameters && { parameters }),
      });
    const bad = (description: string, parameters?: object) =>
      refuse(400, `Bad Request: ${description}`, parameters);
    const [, token, method] = /^\/bot([^/]+)\/(\w+)$/.exec(url.pathname) ?? [];
    if (!token || !/^\d+:/.test(token) || method !== 'sendMessage') return refuse(404, 'Not Found');
    if (token !== this.token) return refuse(401, 'Unauthorized');
    switch (this.#script.shift()) {
      case 'hang':
        return;
      case 'rate_limited':
        return refuse(429, 'Too Many Requests: retry after 9', { retry_after: 9 });
      case 'blocked':
        return refuse(403, 'Forbidden: bot was blocked by the user');
      case 'unavailable':
        response.writeHead(502, { 'content-type': 'text/html' }).end('<html><h1>502 Bad Gateway</h1></html>');
        return;
    }
    const message = jsonObjectOf(body) as TelegramMessage | undefined;
    if (!message?.chat_id) return bad('chat_id is empty');
    const chat = String(message.chat_id);
    const movedTo = this.migrated.get(chat);
    if (movedTo !== undefined) {
      return bad('group chat was upgraded to a supergroup chat', { migrate_to_chat_id: movedTo });
    }
    if (!this.chatIds.includes(chat)) return bad('chat not found');
    if (!message.text?.trim()) return bad('message text is empty');
    if (message.text.length > 4096) return bad('message is too long');
    for (const { text, url } of message.reply_markup?.inline_keyboard?.flat() ?? []) {
      if (!text || !/^https?:\/\/[^/]+/.test(url ?? ''))
        return bad(`inline keyboard button URL '${url}' is invalid`);
    }
    const { entities = [], text } = message;
    if (entities.some(({ offset, length }) => offset < 0 || length < 1 || offset + length > text.length)) {
      return bad('ENTITY_BOUNDS_INVALID');
    }
    this.messages.push(message);
    const all = [...entities, ...detect(text)];
    this.entities.push(
      all.map((entity) => ({ ...entity, text: text.slice(entity.offset, entity.offset + entity.length) })),
    );
    const result = { message_id: this.messages.length, chat: { id: message.chat_id }, text, entities: all };
    sendJson(response, 200, { ok: true, result });
  }
}

const detect = (text: string): Entity[] =>
  detected.flatMap(([type, pattern]) =>
    [...text.matchAll(pattern)].map((match) => ({ type, offset: match.index, length: match[0].length })),
  );
