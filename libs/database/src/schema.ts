import type {
  AlertSource,
  Block,
  CheckAttempt,
  CheckWindow,
  DeliveryAttempt,
  Evidence,
  Explanation,
  Extraction,
  MessageTemplates,
  NotificationChannel,
  QuietHours,
  Reading,
  RenderAction,
  RenderLearned,
  RenderMode,
  SourceRequestSummary,
  Thresholds,
} from '@torale/contracts';
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** Kysely types of supabase/migrations; a test compares them with the migrated database. */

/** Read as an ISO 8601 string (UTC, milliseconds), written as an ISO string or a Date. */
export type Timestamp = ColumnType<string, string | Date, string | Date>;
export type GeneratedTimestamp = ColumnType<string, string | Date | undefined, string | Date>;
export type NullableTimestamp = ColumnType<
  string | null,
  string | Date | null | undefined,
  string | Date | null
>;

export interface UserQueriesTable {
  id: Generated<string>;
  user_id: Generated<string>;
  raw_query: string;
  condition: string | null;
  refined_query: string | null;
  reading: JSONColumnType<Reading | null, string | null | undefined, string | null>;
  thresholds: JSONColumnType<Thresholds, string | undefined>;
  notify_behavior: Generated<'once' | 'always'>;
  check_interval_seconds: Generated<number>;
  schedule_cron: string | null;
  time_zone: Generated<string>;
  check_windows: JSONColumnType<CheckWindow[], string | undefined>;
  check_jitter_seconds: Generated<number>;
  status: Generated<'active' | 'paused' | 'completed'>;
  completed_at: NullableTimestamp;
  retention_contents: number | null;
  retention_days: number | null;
  channel_ids: string[] | null;
  muted: Generated<boolean>;
  snoozed_until: NullableTimestamp;
  unsubscribed_channel_ids: Generated<string[]>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface UserCheckQueuesTable {
  user_id: string;
  turn_at: Timestamp;
}

export interface MonitoredSourcesTable {
  id: Generated<string>;
  user_id: Generated<string>;
  user_query_id: string;
  url: string;
  kind: Generated<'page' | 'feed' | 'json' | 'document' | 'search'>;
  title: string | null;
  origin: Generated<'sentence' | 'declared_feed' | 'identified' | 'manual'>;
  reason: string | null;
  status: Generated<'active' | 'paused'>;
  next_check_at: GeneratedTimestamp;
  planned_check_at: NullableTimestamp;
  parked: Generated<boolean>;
  last_checked_at: NullableTimestamp;
  last_outcome: string | null;
  last_error: string | null;
  consecutive_failures: Generated<number>;
  etag: string | null;
  last_modified: string | null;
  raw_hash: string | null;
  latest_content_id: string | null;
  judged_content_id: string | null;
  alerted_content_id: string | null;
  extraction: ColumnType<Partial<Extraction>, string | undefined, string>;
  render_mode: Generated<RenderMode>;
  render_actions: ColumnType<RenderAction[], string | undefined, string>;
  screenshot: Generated<boolean>;
  render_learned: ColumnType<RenderLearned | null, string | null | undefined, string | null>;
  request: ColumnType<SourceRequestSummary | null, string | null | undefined, string | null>;
  request_sealed: string | null;
  respect_robots: Generated<boolean>;
  settings_version: Generated<number>;
  failing_since: NullableTimestamp;
  thresholds: JSONColumnType<Thresholds, string | undefined>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface ScrapedContentsTable {
  id: Generated<string>;
  user_id: string;
  source_id: string;
  content_hash: string;
  title: string | null;
  blocks: JSONColumnType<Block[]>;
  fetched_at: Timestamp;
  snapshot_key: string | null;
  snapshot_bytes: number | null;
  snapshot_content_type: string | null;
  screenshot_key: string | null;
  screenshot_bytes: number | null;
  settings_version: Generated<number>;
  created_at: GeneratedTimestamp;
}

export interface UnreferencedSnapshotsTable {
  key: string;
  since: GeneratedTimestamp;
}

export interface ContentEmbeddingsTable {
  id: Generated<string>;
  user_id: string;
  source_id: string;
  content_id: string;
  block_hash: string;
  model: string;
  dimensions: number;
  /** pgvector's text form, `[0.1,0.2]`. */
  embedding: string;
  created_at: GeneratedTimestamp;
}

export interface PeriodicJobsTable {
  name: string;
  due_at: GeneratedTimestamp;
}

export interface CheckRunsTable {
  id: Generated<string>;
  user_id: string;
  source_id: string;
  trigger: 'initial' | 'schedule' | 'manual';
  status: Generated<'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'>;
  outcome: string | null;
  verdict: 'baseline' | 'unchanged' | 'noise' | 'changed' | 'alert' | null;
  reason: string | null;
  explanation: JSONColumnType<Explanation | null, string | null | undefined, string | null>;
  attempts: JSONColumnType<CheckAttempt[], string | undefined>;
  before_content_id: string | null;
  after_content_id: string | null;
  queued_at: GeneratedTimestamp;
  enqueued_at: NullableTimestamp;
  not_before: GeneratedTimestamp;
  started_at: NullableTimestamp;
  finished_at: NullableTimestamp;
  created_at: GeneratedTimestamp;
}

export interface ChangeAlertsTable {
  id: Generated<string>;
  user_id: string;
  user_query_id: string;
  source_id: string | null;
  check_id: string | null;
  source_url: string;
  kind: 'change' | 'already_met';
  severity: 'low' | 'medium' | 'high';
  summary: string;
  evidence: JSONColumnType<Evidence[]>;
  similarity: number | null;
  confidence: number;
  condition_met: boolean | null;
  judged_by: 'rules' | 'language_model';
  reason: Generated<string>;
  sources: JSONColumnType<AlertSource[], string | undefined>;
  acknowledged_at: NullableTimestamp;
  created_at: GeneratedTimestamp;
}

export interface ReportedFactsTable {
  id: Generated<string>;
  user_id: string;
  user_query_id: string;
  alert_id: string;
  source_id: string | null;
  family: string;
  value_keys: JSONColumnType<string[]>;
  text: string;
  created_at: GeneratedTimestamp;
}

export interface AlertFeedbackTable {
  alert_id: string;
  user_id: Generated<string>;
  verdict: 'useful' | 'not_useful';
  reason: string | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface LanguageModelJudgementsTable {
  id: Generated<string>;
  user_id: string;
  question_hash: string;
  answer: JSONColumnType<object>;
  created_at: GeneratedTimestamp;
}

export interface LanguageModelUsageTable {
  user_id: string;
  /** UTC, ISO 8601. */
  day: string;
  questions: number;
}

export interface NotificationPreferencesTable {
  user_id: Generated<string>;
  min_severity: Generated<'low' | 'medium' | 'high'>;
  time_zone: Generated<string>;
  mode: Generated<'immediate' | 'hourly' | 'daily'>;
  daily_at: Generated<string>;
  quiet_hours: JSONColumnType<QuietHours | null, string | null | undefined, string | null>;
  max_per_day: number | null;
  source_notices: Generated<boolean>;
  completed_notices: Generated<boolean>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

type ChannelKindColumn =
  'email' | 'webhook' | 'slack' | 'discord' | 'teams' | 'telegram' | 'ntfy' | 'web_push';

export interface NotificationChannelsTable {
  id: Generated<string>;
  user_id: Generated<string>;
  kind: ChannelKindColumn;
  name: string | null;
  target: string;
  settings: JSONColumnType<NotificationChannel['settings'], string | undefined, string>;
  settings_sealed: string | null;
  is_default: Generated<boolean>;
  muted: Generated<boolean>;
  is_account: Generated<boolean>;
  status: Generated<'pending' | 'verified' | 'disabled'>;
  verified_at: NullableTimestamp;
  failing_since: NullableTimestamp;
  disabled_at: NullableTimestamp;
  disabled_reason: string | null;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface ChannelSecretsTable {
  id: Generated<string>;
  user_id: Generated<string>;
  channel_id: string;
  secret_sealed: string;
  expires_at: NullableTimestamp;
  created_at: GeneratedTimestamp;
}

export interface ChannelVerificationsTable {
  channel_id: string;
  user_id: string;
  code_hash: string;
  tries: Generated<number>;
  expires_at: Timestamp;
  sent_at: GeneratedTimestamp;
}

export interface SentOnRequestTable {
  id: Generated<number>;
  user_id: string;
  purpose: 'code' | 'sample';
  destination: string;
  sent_at: GeneratedTimestamp;
}

export interface NotificationTemplatesTable {
  user_id: Generated<string>;
  kind: Exclude<ChannelKindColumn, 'webhook'>;
  templates: JSONColumnType<MessageTemplates, string, string>;
  created_at: GeneratedTimestamp;
  updated_at: GeneratedTimestamp;
}

export interface NotificationDigestsTable {
  id: Generated<string>;
  user_id: string;
  channel_id: string;
  due_at: Timestamp;
  created_at: GeneratedTimestamp;
}

export interface NotificationDeliveriesTable {
  id: Generated<string>;
  user_id: string;
  alert_id: string | null;
  notice_id: string | null;
  digest_id: string | null;
  in_digest_id: string | null;
  channel: ChannelKindColumn;
  channel_id: string | null;
  target: string;
  provider:
    | 'sendgrid'
    | 'smtp'
    | 'outbox'
    | 'webhook'
    | 'slack'
    | 'discord'
    | 'teams'
    | 'telegram'
    | 'ntfy'
    | 'web_push'
    | null;
  status: Generated<'queued' | 'sending' | 'sent' | 'delivered' | 'bounced' | 'failed' | 'suppressed'>;
  reason: string | null;
  not_before: NullableTimestamp;
  provider_message_id: string | null;
  attempts: JSONColumnType<DeliveryAttempt[], string | undefined>;
  earlier_attempts: Generated<number>;
  replayed_at: NullableTimestamp;
  sent_at: NullableTimestamp;
  created_at: GeneratedTimestamp;
}

export interface NoticesTable {
  id: Generated<string>;
  user_id: string;
  user_query_id: string | null;
  source_id: string | null;
  channel_id: string | null;
  kind: 'failing' | 'recovered' | 'completed' | 'channel_disabled';
  outcome: string | null;
  detail: string | null;
  /** When it turned: a source failed first, a query was completed, a channel was disabled. */
  occurred_at: Timestamp;
  created_at: GeneratedTimestamp;
}

export interface OutboxEmailsTable {
  id: Generated<string>;
  user_id: string;
  delivery_id: string | null;
  message_id: string;
  to_address: string;
  subject: string;
  text_body: string;
  html_body: string;
  created_at: GeneratedTimestamp;
}

export interface ApiKeysTable {
  id: Generated<string>;
  user_id: Generated<string>;
  name: string;
  prefix: string;
  key_hash: string;
  expires_at: NullableTimestamp;
  last_used_at: NullableTimestamp;
  created_at: GeneratedTimestamp;
}

export interface EventsTable {
  id: Generated<number>;
  /** Counted on across restores. */
  transaction_number: Generated<number>;
  type: string;
  user_id: string;
  data: JSONColumnType<object>;
  created_at: GeneratedTimestamp;
}

export interface EventSubscribersTable {
  name: string;
  types: string[];
  transaction_number: number;
  event_id: number;
  updated_at: GeneratedTimestamp;
}

export interface EventClockTable {
  singleton: Generated<boolean>;
  ahead: Generated<number>;
}

export interface OutboundHostsTable {
  host: string;
  free_at: GeneratedTimestamp;
  queue_at: GeneratedTimestamp;
  leases: JSONColumnType<Record<string, number>, string | undefined>;
  refusals: Generated<number>;
}

export interface RobotsFilesTable {
  origin: string;
  rules: string | null;
  expires_at: Timestamp;
}

/** The part of Supabase's auth schema that Torale reads. */
export interface AuthUsersTable {
  id: string;
  email: string | null;
}

export interface DatabaseSchema {
  user_queries: UserQueriesTable;
  user_check_queues: UserCheckQueuesTable;
  monitored_sources: MonitoredSourcesTable;
  scraped_contents: ScrapedContentsTable;
  unreferenced_snapshots: UnreferencedSnapshotsTable;
  content_embeddings: ContentEmbeddingsTable;
  periodic_jobs: PeriodicJobsTable;
  check_runs: CheckRunsTable;
  change_alerts: ChangeAlertsTable;
  reported_facts: ReportedFactsTable;
  alert_feedback: AlertFeedbackTable;
  language_model_judgements: LanguageModelJudgementsTable;
  language_model_usage: LanguageModelUsageTable;
  notification_preferences: NotificationPreferencesTable;
  notification_channels: NotificationChannelsTable;
  channel_secrets: ChannelSecretsTable;
  channel_verifications: ChannelVerificationsTable;
  sent_on_request: SentOnRequestTable;
  notices: NoticesTable;
  notification_templates: NotificationTemplatesTable;
  notification_digests: NotificationDigestsTable;
  notification_deliveries: NotificationDeliveriesTable;
  outbox_emails: OutboxEmailsTable;
  api_keys: ApiKeysTable;
  events: EventsTable;
  event_subscribers: EventSubscribersTable;
  event_clock: EventClockTable;
  outbound_hosts: OutboundHostsTable;
  robots_files: RobotsFilesTable;
  'auth.users': AuthUsersTable;
}
