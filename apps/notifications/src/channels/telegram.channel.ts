import { Inject, Injectable } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { z } from 'zod';
import { notificationsConfig } from '../notifications.config.ts';
import { MESSAGE_RENDERER, type MessageRenderer, type Rendered } from '../templates/message-renderer.ts';
import { type ChannelAnswer, ChannelHttp, receiptOf, refusalOf } from './channel-http.ts';
import type { DeliveryChannel, OutgoingMessage, Receipt } from './delivery-channel.ts';
import type { FailureKind } from './delivery-failure.ts';
import { jsonOf } from './json-of.ts';
import { fit, plainText, unlinkable } from './plain-text.ts';
import { settingsFor } from './settings-for.ts';

/** UTF-16 units, https://core.telegram.org/bots/api#sendmessage */
const maxText = 4096;
const maxTitle = 300;

const resultSchema = z.object({ result: z.object({ message_id: z.int() }) });
const errorSchema = z.object({
  description: z.string(),
  parameters: z
    .object({ retry_after: z.number().optional(), migrate_to_chat_id: z.int().optional() })
    .optional(),
});

/** A bot of the user's that writes to a chat. The token is part of the URL, which goes into no message and no log. */
@Injectable()
export class TelegramChannel implements DeliveryChannel {
  readonly provider = 'telegram';

  constructor(
    @Inject(MESSAGE_RENDERER) private readonly renderer: MessageRenderer,
    @Inject(ChannelHttp) private readonly http: ChannelHttp,
    @Inject(notificationsConfig.token) private readonly config: ConfigOf<typeof notificationsConfig>,
  ) {}

  async send(message: OutgoingMessage): Promise<Receipt> {
    const { bot_token, chat_id } = settingsFor(message, 'telegram');
    const url = `${this.config.TELEGRAM_BASE_URL}/bot${bot_token}/sendMessage`;
    const body = telegramMessage(await this.renderer.render('telegram', message, fits));
    let answer = await this.http.postJson(url, { chat_id, ...body });
    // The group became a supergroup and has another id since.
    const movedTo = jsonOf(answer, errorSchema)?.parameters?.migrate_to_chat_id;
    if (movedTo !== undefined) answer = await this.http.postJson(url, { chat_id: movedTo, ...body });
    if (answer.ok) return receiptOf(answer, jsonOf(answer, resultSchema)?.result.message_id.toString());
    const error = jsonOf(answer, errorSchema);
    throw refusalOf('Telegram', answer, {
      kind: kindOf(answer),
      reason: error?.description,
      ...(error?.parameters?.retry_after !== undefined && {
        retryAfterSeconds: Math.ceil(error.parameters.retry_after),
      }),
    });
  }
}

/** A token that was revoked is 401, one that never was 404; a bot that was blocked or thrown out is 403. */
function kindOf({ status, text }: ChannelAnswer): FailureKind | undefined {
  if (status === 401 || status === 403 || status === 404) return 'gone';
  if (status !== 400) return undefined;
  return text.includes('chat not found') ? 'gone' : 'permanent';
}

const fits = (text: string) => maxTitle + 2 + unlinkable(text).length <= maxText;

/** Without a parse mode, so that nothing in the text is markup: what is bold is said beside it. */
function telegramMessage({ title, text, url, severity }: Rendered): object {
  const headline = fit(unlinkable(plainText(title)), maxTitle);
  return {
    text: fit(`${headline}\n\n${unlinkable(plainText(text))}`, maxText),
    entities: [{ type: 'bold', offset: 0, length: headline.length }],
    link_preview_options: { is_disabled: true },
    disable_notification: severity === 'low',
    ...(url !== null && { reply_markup: { inline_keyboard: [[{ text: 'Open the page', url }]] } }),
  };
}
