import { Inject, Injectable } from '@nestjs/common';
import type { AlertWebhookEvent, ConfigOf } from '@torale/contracts';
import { OUTBOUND_HTTP, OutboundError, type OutboundHttp } from '@torale/outbound-http';
import { Webhook } from 'standardwebhooks';
import { notificationsConfig } from '../notifications.config.ts';
import { singleLine } from '../single-line.ts';
import type { DeliveryChannel, OutgoingMessage, Receipt } from './delivery-channel.ts';
import { DeliveryFailure, type FailureKind } from './delivery-failure.ts';
import type { AlertNotice, Notice, Told } from './told.ts';

const maxAnswerBytes = 1024 * 1024;
const answerInLog = 200;

/** POSTs an alert or a notice to an address of the user's, signed as Standard Webhooks (https://www.standardwebhooks.com). */
@Injectable()
export class WebhookChannel implements DeliveryChannel {
  readonly provider = 'webhook';

  constructor(
    @Inject(OUTBOUND_HTTP) private readonly http: OutboundHttp,
    @Inject(notificationsConfig.token) private readonly config: ConfigOf<typeof notificationsConfig>,
  ) {}

  async send({ id, target, settings, secrets, told }: OutgoingMessage): Promise<Receipt> {
    const body = JSON.stringify(eventOf(told));
    const at = new Date();
    const answer = await this.http
      .fetch({
        url: target,
        method: 'POST',
        headers: {
          ...(settings?.kind === 'webhook' && settings.headers),
          'content-type': 'application/json',
          'user-agent': 'Torale-Webhooks/1.0',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
        },
        body,
        timeout_ms: this.config.DELIVERY_TIMEOUT_MS,
        max_bytes: maxAnswerBytes,
        // A redirect would carry it to an address that the user never named.
        max_redirects: 0,
      })
      .catch((error: unknown) => {
        throw error instanceof OutboundError
          ? new DeliveryFailure(kindOfOutcome(error.outcome), error.message)
          : error;
      });
    const excerpt = singleLine(answer.body.subarray(0, 4 * answerInLog).toString('utf8'), answerInLog);
    if (answer.status >= 200 && answer.status < 300) {
      return { response_status: answer.status, response_excerpt: excerpt, provider_message_id: null };
    }
    throw new DeliveryFailure(
      kindOfStatus(answer.status),
      `The webhook answered ${answer.status}${excerpt && `: ${excerpt}`}`,
      answer.status,
      null,
      excerpt,
    );
  }
}

/** 410 Gone is how a receiver unsubscribes; other refusals may be a deployment of a minute. */
function kindOfStatus(status: number): FailureKind {
  if (status === 410) return 'gone';
  return status >= 500 || status === 408 || status === 425 || status === 429 ? 'transient' : 'doubtful';
}

function kindOfOutcome(outcome: OutboundError['outcome']): FailureKind {
  return outcome === 'address_refused' || outcome === 'unsupported' || outcome === 'too_large'
    ? 'permanent'
    : 'transient';
}

function eventOf(told: Told) {
  switch (told.type) {
    case 'alert':
      return alertEvent(told.alert);
    case 'notice':
      return noticeEvent(told.notice);
    default:
      throw new Error(`A webhook tells no ${told.type} yet`);
  }
}

/** Like the other, made of what was stored with the alert only, so that every attempt sends the same bytes. */
function alertEvent(alert: AlertNotice): AlertWebhookEvent {
  return {
    type: 'alert.created',
    timestamp: alert.created_at,
    data: {
      alert_id: alert.id,
      user_query_id: alert.user_query_id,
      raw_query: alert.raw_query,
      severity: alert.severity,
      summary: alert.summary,
      source_url: alert.source_url,
      evidence: alert.evidence.map(({ before, after }) => ({ before, after })),
      confidence: alert.confidence,
      created_at: alert.created_at,
    },
  };
}

function noticeEvent({ id, kind, ...notice }: Notice) {
  return { type: `source.${kind}`, timestamp: notice.created_at, data: { notice_id: id, ...notice } };
}
