import type { Check, ExplainedCheck, Page, PageQuery } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { sql } from 'kysely';
import { readPage } from '../paging/page.repository.ts';

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

export async function explainCheck(
  transaction: Transaction,
  sourceId: string,
  id: string,
): Promise<ExplainedCheck | undefined> {
  const check = await findCheck(transaction, sourceId, id);
  if (!check) return undefined;
  const { explanation } = await transaction
    .selectFrom('check_runs')
    .select('explanation')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { ...check, explanation };
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
