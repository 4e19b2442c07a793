import type { ChangeAlert, Page, PageQuery } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { sql } from 'kysely';
import { readPage } from '../paging/page.repository.ts';

const columns = [
  'id',
  'user_query_id',
  'source_id',
  'check_id',
  'source_url',
  'kind',
  'severity',
  'summary',
  'evidence',
  'similarity',
  'confidence',
  'condition_met',
  'judged_by',
  'acknowledged_at',
  'created_at',
] as const satisfies readonly (keyof ChangeAlert)[];

export interface AlertFilter {
  user_query_id?: string | undefined;
  acknowledged?: boolean | undefined;
}

export async function listAlerts(
  transaction: Transaction,
  page: PageQuery & AlertFilter,
): Promise<Page<ChangeAlert>> {
  let query = transaction.selectFrom('change_alerts').select(columns);
  if (page.user_query_id !== undefined) query = query.where('user_query_id', '=', page.user_query_id);
  if (page.acknowledged !== undefined) {
    query = query.where('acknowledged_at', page.acknowledged ? 'is not' : 'is', null);
  }
  return readPage(query, page);
}

export async function findAlert(transaction: Transaction, id: string): Promise<ChangeAlert | undefined> {
  return transaction.selectFrom('change_alerts').select(columns).where('id', '=', id).executeTakeFirst();
}

/** The first time counts. */
export async function acknowledgeAlert(
  transaction: Transaction,
  id: string,
): Promise<ChangeAlert | undefined> {
  return transaction
    .updateTable('change_alerts')
    .set({ acknowledged_at: sql`coalesce(acknowledged_at, now())` })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst();
}
