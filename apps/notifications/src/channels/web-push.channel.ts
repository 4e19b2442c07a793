import { Inject, Injectable } from '@nestjs/common';
import type { SealedChannelSettings, Severity } from '@torale/contracts';
import webPush from 'web-push';
import { MESSAGE_RENDERER, type MessageRenderer, type Rendered } from '../templates/message-renderer.ts';
import { VAPID_KEYS, type VapidKeys } from '../web-push/vapid-keys.ts';
import { ChannelHttp, receiptOf, refusalOf } from './channel-http.ts';
import type { DeliveryChannel, OutgoingMessage, Receipt } from './delivery-channel.ts';
import { DeliveryFailure, type FailureKind } from './delivery-failure.ts';
import { fit, jsonBytes, plainText } from './plain-text.ts';
import { settingsFor } from './settings-for.ts';

/** A payload is 3993 bytes at most, encrypted in one record of 4096 (RFC 8291). */
const maxTitleBytes = 300;
const maxTextBytes = 2200;
const maxUrlBytes = 1200;
/** How long a push service keeps it for a browser that is closed. */
const ttlSeconds = 86_400;

const urgencies: Record<Severity, webPush.Urgency> = { high: 'high', medium: 'normal', low: 'low' };

/** A browser that subscribed (RFC 8030, 8291, 8292). What arrives there: `{id, title, body, url, severity}` as JSON. */
@Injectable()
export class WebPushChannel implements DeliveryChannel {
  readonly provider = 'web_push';

  constructor(
    @Inject(MESSAGE_RENDERER) private readonly renderer: MessageRenderer,
    @Inject(ChannelHttp) private readonly http: ChannelHttp,
    @Inject(VAPID_KEYS) private readonly keys: VapidKeys | null,
  ) {}

  async send(message: OutgoingMessage): Promise<Receipt> {
    const subscription = settingsFor(message, 'web_push');
    if (!this.keys)
      throw new DeliveryFailure('doubtful', 'Web Push is not set up: VAPID_PUBLIC_KEY is missing.');
    const rendered = await this.renderer.render('web_push', message, fits);
    const request = requestOf(subscription, message.id, rendered, this.keys);
    const answer = await this.http.post(subscription.endpoint, request.headers, request.body);
    if (answer.ok) return receiptOf(answer);
    throw refusalOf('The push service', answer, { kind: kindOf(answer.status) });
  }
}

/** 404 and 410: the browser has unsubscribed. 403: it subscribed with another public key. */
function kindOf(status: number): FailureKind | undefined {
  if (status === 404 || status === 410) return 'gone';
  return status === 400 || status === 403 || status === 413 ? 'permanent' : undefined;
}

function requestOf(
  { endpoint, keys }: Extract<SealedChannelSettings, { kind: 'web_push' }>,
  id: string,
  rendered: Rendered,
  vapidDetails: VapidKeys,
): { headers: Record<string, string>; body: Buffer } {
  const payload = JSON.stringify(notificationOf(id, rendered));
  const { headers, body } = readable(() =>
    webPush.generateRequestDetails({ endpoint, keys }, payload, {
      vapidDetails,
      TTL: ttlSeconds,
      contentEncoding: 'aes128gcm',
      urgency: rendered.severity ? urgencies[rendered.severity] : 'normal',
      // A repeat takes the place of a message that was not fetched yet. 32 characters at most.
      topic: id.replaceAll('-', ''),
    }),
  );
  const { 'Content-Length': _, ...sent } = headers;
  return {
    headers: Object.fromEntries(
      Object.entries(sent).map(([name, value]) => [name.toLowerCase(), String(value)]),
    ),
    body: body!,
  };
}

/** Encrypts, unless the browser's key is no point of the curve. */
function readable<T>(encrypt: () => T): T {
  try {
    return encrypt();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY') throw error;
    throw new DeliveryFailure('gone', 'The key of the subscription is not a valid one.');
  }
}

const fits = (text: string) => jsonBytes(text) <= maxTextBytes;

function notificationOf(id: string, { title, text, url, severity }: Rendered): object {
  return {
    id,
    title: fit(plainText(title), maxTitleBytes, jsonBytes),
    body: fit(plainText(text), maxTextBytes, jsonBytes),
    url: url !== null && jsonBytes(url) <= maxUrlBytes ? url : null,
    severity,
  };
}
