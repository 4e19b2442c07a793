import { Inject, Injectable } from '@nestjs/common';
import type { Severity } from '@torale/contracts';
import { z } from 'zod';
import { MESSAGE_RENDERER, type MessageRenderer, type Rendered } from '../templates/message-renderer.ts';
import { ChannelHttp, receiptOf, refusalOf } from './channel-http.ts';
import type { DeliveryChannel, OutgoingMessage, Receipt } from './delivery-channel.ts';
import { jsonOf } from './json-of.ts';
import { fit, plainText, unlinkable } from './plain-text.ts';
import { settingsFor } from './settings-for.ts';

/** Bytes; what is longer arrives as a file. */
const maxMessageBytes = 4096;
const maxTitleBytes = 250;

const messageSchema = z.object({ id: z.string() });
const errorSchema = z.object({ error: z.string() });

/** https://docs.ntfy.sh/publish/#publish-as-json, on ntfy.sh or a server of one's own. */
@Injectable()
export class NtfyChannel implements DeliveryChannel {
  readonly provider = 'ntfy';

  constructor(
    @Inject(MESSAGE_RENDERER) private readonly renderer: MessageRenderer,
    @Inject(ChannelHttp) private readonly http: ChannelHttp,
  ) {}

  async send(message: OutgoingMessage): Promise<Receipt> {
    const { server, topic, token } = settingsFor(message, 'ntfy');
    const rendered = await this.renderer.render('ntfy', message, fits);
    const answer = await this.http.postJson(
      server,
      { topic, ...ntfyMessage(rendered) },
      token === null ? {} : { authorization: `Bearer ${token}` },
    );
    if (answer.ok) return receiptOf(answer, jsonOf(answer, messageSchema)?.id);
    throw refusalOf('ntfy', answer, {
      kind: answer.status === 400 || answer.status === 413 ? 'permanent' : undefined,
      reason: jsonOf(answer, errorSchema)?.error,
    });
  }
}

const priorities: Record<Severity, number> = { high: 5, medium: 4, low: 2 };
const tags: Record<Severity, string> = { high: 'rotating_light', medium: 'bell', low: 'information_source' };

const fits = (text: string) => Buffer.byteLength(unlinkable(text)) <= maxMessageBytes;

function ntfyMessage({ title, text, url, severity }: Rendered): object {
  const plain = (words: string, max: number) => fit(unlinkable(plainText(words)), max, Buffer.byteLength);
  return {
    title: plain(title, maxTitleBytes),
    message: plain(text, maxMessageBytes),
    priority: severity ? priorities[severity] : 3,
    tags: severity ? [tags[severity]] : [],
    ...(url !== null && { click: url }),
  };
}
