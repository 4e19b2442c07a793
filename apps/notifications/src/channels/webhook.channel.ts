import { Inject, Injectable } from '@nestjs/common';
import type { AlertWebhookEvent, ConfigOf, SourceWebhookEvent } from '@torale/contracts';
import { OUTBOUND_HTTP, OutboundError, type OutboundHttp } from '@torale/outbound-http';
import { Webhook } from 'standardwebhooks';
import type { AlertNotice, PendingDelivery, SourceNotice } from '../deliveries.repository.ts';
import { notificationsConfig } from '../notifications.config.ts';
import { singleLine } from '../single-line.ts';
import type { DeliveryChannel } from './delivery-channel.ts';
import { DeliveryFailure, type FailureKind } from './delivery-failure.ts';

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

  async send(delivery: PendingDelivery): Promise<number> {
    if (!delivery.webhook_secret) throw new DeliveryFailure('permanent', 'The webhook was removed.');
    const body = JSON.stringify(
      'alert' in delivery ? alertEvent(delivery.alert) : sourceEvent(delivery.notice),
    );
    const at = new Date();
    const answer = await this.http
      .fetch({
        url: delivery.target,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Torale-Webhooks/1.0',
          'webhook-id': delivery.id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': new Webhook(delivery.webhook_secret).sign(delivery.id, at, body),
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
    if (answer.status >= 200 && answer.status < 300) return answer.status;
    const excerpt = singleLine(answer.body.subarray(0, 4 * answerInLog).toString('utf8'), answerInLog);
    throw new DeliveryFailure(
      kindOfStatus(answer.status),
      `The webhook answered ${answer.status}${excerpt && `: ${excerpt}`}`,
      answer.status,
    );
  }
}

/** 410 Gone is how a receiver unsubscribes; other refusals may be a deployment of a minute. */
function kindOfStatus(status: number): FailureKind {
  if (status === 410) return 'permanent';
  return status >= 500 || status === 408 || status === 425 || status === 429 ? 'transient' : 'doubtful';
}

function kindOfOutcome(outcome: OutboundError['outcome']): FailureKind {
  return outcome === 'address_refused' || outcome === 'unsupported' || outcome === 'too_large'
    ? 'permanent'
    : 'transient';
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

function sourceEvent({ id, kind, ...notice }: SourceNotice): SourceWebhookEvent {
  return { type: `source.${kind}`, timestamp: notice.created_at, data: { notice_id: id, ...notice } };
}
