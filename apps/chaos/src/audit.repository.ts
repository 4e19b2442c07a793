import type { Database } from '@torale/database';
import { sql } from 'kysely';

/** What a source may be late, on top of its interval, seconds. */
const GRACE_SECONDS = 60;

export interface AuditedAlert {
  id: string;
  path: string;
  /** What its evidence says stands there now. */
  after: string;
  /** Deliveries to each channel, and the mails that came of them. */
  webhooks: number;
  emails: number;
  mails: number;
}

export interface Audit {
  sources: number;
  checks: number;
  alerts: AuditedAlert[];
  /** Deliveries that are not made. */
  unsettled: string[];
  /** Sources whose last check is further back than their interval and GRACE_SECONDS. */
  overdue: string[];
  /** Checks that were begun as long ago and have not ended. */
  stuck: string[];
  /** Checks of one source that ran at the same time. */
  overlapping: string[];
  /** The site never failed: whatever is told about a source is false. */
  notices: number;
  failedChecks: number;
  /** Jobs that were given up, by queue. */
  deadLetters: Record<string, number>;
}

/** What the database holds of what happened. `at` is when Torale was last seen running. */
export async function audit(database: Database, at: Date): Promise<Audit> {
  const rows = async <Row>(query: ReturnType<typeof sql<Row>>) => (await query.execute(database.kysely)).rows;
  const texts = async (query: ReturnType<typeof sql<{ text: string }>>) =>
    (await rows(query)).map(({ text }) => text);
  const count = async (query: ReturnType<typeof sql<{ count: string }>>) =>
    Number((await rows(query))[0]!.count);
  const moment = at.toISOString();

  return {
    sources: await count(sql`select count(*) from monitored_sources`),
    checks: await count(sql`select count(*) from check_runs where finished_at is not null`),
    alerts: await rows(sql<AuditedAlert>`
      select alert.id, regexp_replace(alert.source_url, '^https?://[^/]+', '') as path,
        jsonb_path_query_array(alert.evidence, '$[*].after')::text as after,
        (select count(*)::int from notification_deliveries where alert_id = alert.id and channel = 'webhook') as webhooks,
        (select count(*)::int from notification_deliveries where alert_id = alert.id and channel = 'email') as emails,
        (select count(*)::int from outbox_emails mail join notification_deliveries delivery
           on delivery.id = mail.delivery_id where delivery.alert_id = alert.id) as mails
      from change_alerts alert order by alert.created_at`),
    unsettled: await texts(sql`
      select 'delivery ' || id || ' by ' || channel || ' is ' || status || ' after '
        || jsonb_array_length(attempts) || ' attempts: ' || coalesce(reason, attempts -> -1 ->> 'error', '') as text
      from notification_deliveries where status not in ('sent', 'delivered')`),
    overdue: await texts(sql`
      select url || ' (every ' || check_interval_seconds || ' s) was last checked '
        || coalesce(last_checked_at::text, 'never') || ', is due ' || next_check_at || ', now ' || ${moment}::text as text
      from monitored_sources source join user_queries query on query.id = source.user_query_id
      where coalesce(last_checked_at, source.created_at)
        < ${moment}::timestamptz - make_interval(secs => check_interval_seconds + ${GRACE_SECONDS}::int)`),
    stuck: await texts(sql`
      select 'check ' || run.id || ' of ' || url || ' is ' || run.status || ' since '
        || coalesce(started_at, queued_at) as text
      from check_runs run
      join monitored_sources source on source.id = run.source_id
      join user_queries query on query.id = source.user_query_id
      where run.status in ('queued', 'running')
        and queued_at < ${moment}::timestamptz - make_interval(secs => check_interval_seconds + ${GRACE_SECONDS}::int)`),
    overlapping: await texts(sql`
      select 'checks ' || id || ' and ' || next_id || ' of ' || source_id as text
      from (
        select id, source_id, finished_at,
          lead(id) over source as next_id, lead(started_at) over source as next_started_at
        from check_runs where started_at is not null
        window source as (partition by source_id order by started_at)
      ) run where next_started_at < finished_at`),
    notices: await count(sql`select count(*) from notices`),
    failedChecks: await count(sql`select count(*) from check_runs where status = 'failed'`),
    deadLetters: Object.fromEntries(
      (
        await rows(sql<{ name: string; count: string }>`
          select name, count(*) from pgboss.job where name like '%-exhausted' group by name`)
      ).map(({ name, count }) => [name, Number(count)]),
    ),
  };
}
