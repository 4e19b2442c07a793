import type {
  AlertWebhookEvent,
  ChannelWebhookEvent,
  QueryWebhookEvent,
  SourceWebhookEvent,
  WebhookEvent,
} from '@torale/contracts';
import type { AlertNotice, Notice, Told } from './told.ts';

/**
 * The body of a webhook. Like the other, made of what was stored with what is told only, so that every attempt sends
 * the same bytes.
 */
export function webhookEventOf(told: Told): WebhookEvent {
  switch (told.type) {
    case 'alert':
      return alertEvent(told.alert);
    case 'notice':
      return noticeEvent(told.notice);
    case 'digest': {
      const { id, due_at, alerts, notices } = told.digest;
      const events = [...alerts.map(alertEvent), ...notices.map(noticeEvent)];
      return { type: 'digest.due', timestamp: due_at, data: { digest_id: id, events } };
    }
    case 'verification': {
      const { code, expires_at } = told;
      return { type: 'channel.verification', timestamp: expires_at, data: { challenge: code, expires_at } };
    }
  }
}

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

function noticeEvent(notice: Notice): SourceWebhookEvent | QueryWebhookEvent | ChannelWebhookEvent {
  const { id: notice_id, created_at, occurred_at, detail } = notice;
  const timestamp = created_at;
  switch (notice.kind) {
    case 'failing':
    case 'recovered':
      return {
        type: `source.${notice.kind}`,
        timestamp,
        data: {
          notice_id,
          user_query_id: notice.user_query_id!,
          raw_query: notice.raw_query!,
          source_id: notice.source_id!,
          source_url: notice.source_url!,
          outcome: notice.outcome,
          detail,
          failing_since: occurred_at,
          created_at,
        },
      };
    case 'completed':
      return {
        type: 'query.completed',
        timestamp,
        data: {
          notice_id,
          user_query_id: notice.user_query_id!,
          raw_query: notice.raw_query!,
          completed_at: occurred_at,
          created_at,
        },
      };
    case 'channel_disabled':
      return {
        type: 'channel.disabled',
        timestamp,
        data: {
          notice_id,
          channel_id: notice.channel_id!,
          channel: notice.channel,
          reason: detail,
          disabled_at: occurred_at,
          created_at,
        },
      };
  }
}
