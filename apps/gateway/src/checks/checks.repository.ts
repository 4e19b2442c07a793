import { events, type Check, type Page, type PageQuery } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { sql } from 'kysely';
import { readPage } from '../paging/page.repository.ts';
import type { CheckTrail } from './check-record.ts';

/**
 * Queues a check of a source and gives its id; while one is queued or running, that one's id. Null when the source
 * is not the caller's.
 */
export async function requestCheck(
  transaction: Transaction,
  sourceId: string,
  trigger: 'initial' | 'manual',
): Promise<string | null> {
  const { rows } = await sql<{
    id: string | null;
  }>`select request_check(${sourceId}::uuid, ${trigger}) as id`.execute(transaction);
  return rows[0]?.id ?? null;
}

const selectChecks = (transaction: Transaction, sourceId: string) =>
  transaction
    .selectFrom('check_runs')
    .select((check) => [
      'id',
      'source_id',
      'trigger',
      'status',
      'outcome',
      'verdict',
      'reason',
      check
        .selectFrom('change_alerts')
        .select('change_alerts.id')
        .whereRef('change_alerts.check_id', '=', 'check_runs.id')
        .as('alert_id'),
      'queued_at',
      'started_at',
      'finished_at',
    ])
    .where('source_id', '=', sourceId)
    .$castTo<Check>();

export async function listChecks(
  transaction: Transaction,
  sourceId: string,
  page: PageQuery,
): Promise<Page<Check>> {
  return readPage(selectChecks(transaction, sourceId), page);
}

export async function findCheck(
  transaction: Transaction,
  sourceId: string,
  id: string,
): Promise<Check | undefined> {
  return selectChecks(transaction, sourceId).where('id', '=', id).executeTakeFirst();
}

/** Everything that is stored of a check and of what it led to. */
export async function findCheckTrail(
  transaction: Transaction,
  sourceId: string,
  id: string,
): Promise<CheckTrail | undefined> {
  const check = await findCheck(transaction, sourceId, id);
  if (!check) return undefined;
  const stored = await transaction
    .selectFrom('check_runs')
    .select([
      'explanation',
      'attempts',
      'enqueued_at',
      'not_before',
      'after_content_id',
      // What was put back waits from then on.
      sql<boolean>`not_before > now()`.as('is_held'),
    ])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return {
    ...stored,
    check,
    content_stored_at: await contentStoredAt(transaction, check, stored.after_content_id),
    ...(await toldOf(transaction, check.alert_id)),
  };
}

/** When the content that a check ended with was stored; null when it was there before. */
async function contentStoredAt(
  transaction: Transaction,
  { queued_at, finished_at }: Check,
  contentId: string | null,
): Promise<string | null> {
  if (contentId === null || finished_at === null) return null;
  const event = await transaction
    .selectFrom('events')
    .select('created_at')
    .where('type', '=', events.contentChanged.type)
    .where('created_at', '>=', queued_at)
    .where('created_at', '<=', finished_at)
    .where(sql<string>`data ->> 'content_id'`, '=', contentId)
    .orderBy('id')
    .executeTakeFirst();
  return event?.created_at ?? null;
}

async function toldOf(transaction: Transaction, alertId: string | null) {
  if (alertId === null) return { alerted_at: null, deliveries: [] };
  const { created_at } = await transaction
    .selectFrom('change_alerts')
    .select('created_at')
    .where('id', '=', alertId)
    .executeTakeFirstOrThrow();
  const deliveries = await transaction
    .selectFrom('notification_deliveries')
    .select(['id', 'channel', 'target', 'status', 'reason', 'attempts', 'sent_at', 'created_at'])
    .where('alert_id', '=', alertId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return { alerted_at: created_at, deliveries };
}

/** Whether a source exists and would be checked on schedule. */
export async function watchOf(
  transaction: Transaction,
  sourceId: string,
): Promise<{ source_status: string; query_status: string } | undefined> {
  return transaction
    .selectFrom('monitored_sources')
    .innerJoin('user_queries', 'user_queries.id', 'monitored_sources.user_query_id')
    .select(['monitored_sources.status as source_status', 'user_queries.status as query_status'])
    .where('monitored_sources.id', '=', sourceId)
    .executeTakeFirst();
}
