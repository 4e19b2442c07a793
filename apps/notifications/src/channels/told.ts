import type { ChangeAlert, NoticeKind, NotifyBehavior, SourceWebhookEvent } from '@torale/contracts';

/** What is told of an alert, whatever the channel. */
export interface AlertNotice extends Pick<
  ChangeAlert,
  | 'id'
  | 'user_query_id'
  | 'kind'
  | 'severity'
  | 'summary'
  | 'evidence'
  | 'source_url'
  | 'confidence'
  | 'created_at'
> {
  raw_query: string;
  notify_behavior: NotifyBehavior;
}

/** What is told of a source, a sentence or a channel that turned, whatever the channel. */
export interface Notice {
  id: string;
  kind: NoticeKind;
  source_id: string | null;
  source_url: string | null;
  user_query_id: string | null;
  raw_query: string | null;
  channel_id: string | null;
  /** The kind and target of the channel. */
  channel: string | null;
  outcome: SourceWebhookEvent['data']['outcome'];
  detail: string | null;
  occurred_at: string;
  created_at: string;
}

/** All that is told in one message. */
export interface Digest {
  id: string;
  due_at: string;
  /** In the order in which they were raised. */
  alerts: AlertNotice[];
  notices: Notice[];
}

/** Everything that Torale ever says to anyone. */
export type Told =
  | { type: 'alert'; alert: AlertNotice }
  | { type: 'notice'; notice: Notice }
  | { type: 'digest'; digest: Digest }
  | { type: 'verification'; code: string; expires_at: string };
