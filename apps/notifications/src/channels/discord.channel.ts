import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { MESSAGE_RENDERER, type MessageRenderer, type Rendered } from '../templates/message-renderer.ts';
import { ChannelHttp, receiptOf, refusalOf } from './channel-http.ts';
import type { DeliveryChannel, OutgoingMessage, Receipt } from './delivery-channel.ts';
import { jsonOf } from './json-of.ts';
import { fit, plainText } from './plain-text.ts';
import { settingsFor } from './settings-for.ts';
import { colourOf } from './severity-colour.ts';

// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
const maxTitle = 256;
const maxDescription = 4096;

const errorSchema = z.object({
  message: z.string().optional(),
  code: z.int().optional(),
  retry_after: z.number().optional(),
});
const messageSchema = z.object({ id: z.string() });
/** Unknown webhook, unknown channel, invalid webhook token. */
const goneCodes = [10015, 10003, 50027];

/** https://docs.discord.com/developers/resources/webhook#execute-webhook */
@Injectable()
export class DiscordChannel implements DeliveryChannel {
  readonly provider = 'discord';

  constructor(
    @Inject(MESSAGE_RENDERER) private readonly renderer: MessageRenderer,
    @Inject(ChannelHttp) private readonly http: ChannelHttp,
  ) {}

  async send(message: OutgoingMessage): Promise<Receipt> {
    const url = new URL(settingsFor(message, 'discord').url);
    // Without it Discord answers before it has tried.
    url.searchParams.set('wait', 'true');
    const rendered = await this.renderer.render('discord', message, fits);
    const answer = await this.http.postJson(url.href, discordMessage(rendered));
    if (answer.ok) return receiptOf(answer, jsonOf(answer, messageSchema)?.id);
    const error = jsonOf(answer, errorSchema);
    throw refusalOf('Discord', answer, {
      kind: goneCodes.includes(error?.code ?? 0) ? 'gone' : answer.status === 400 ? 'permanent' : undefined,
      reason: error?.message,
      ...(error?.retry_after !== undefined && { retryAfterSeconds: Math.ceil(error.retry_after) }),
    });
  }
}

function discordMessage({ title, text, url, severity }: Rendered): object {
  const escaped = (words: string, max: number) =>
    escapeMarkdown(fit(plainText(words), max, (piece) => escapeMarkdown(piece).length));
  return {
    embeds: [
      {
        title: escaped(title, maxTitle),
        description: escaped(text, maxDescription),
        color: colourOf(severity),
        ...(url !== null && { url }),
      },
    ],
    allowed_mentions: { parse: [] },
  };
}

const fits = (text: string) => escapeMarkdown(text).length <= maxDescription;

/** In Discord a backslash makes any ASCII sign mean itself: no markup, no mention, no address. */
const escapeMarkdown = (text: string) => text.replace(/[!-/:-@[-`{-~]/g, '\\$&');
