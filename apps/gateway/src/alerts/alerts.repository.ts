import type {
  AlertFeedback,
  ChangeAlert,
  Explanation,
  GiveFeedback,
  Page,
  PageQuery,
} from '@torale/contracts';
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
  'reason',
  'sources',
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

/** Why the check that raised an alert did; null once the check is gone. */
export async function explanationOf(transaction: Transaction, alertId: string): Promise<Explanation | null> {
  const row = await transaction
    .selectFrom('change_alerts as alert')
    .innerJoin('check_runs as run', 'run.id', 'alert.check_id')
    .select('run.explanation')
    .where('alert.id', '=', alertId)
    .executeTakeFirst();
  return row?.explanation ?? null;
}

const feedbackColumns = [
  'alert_id',
  'verdict',
  'reason',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof AlertFeedback)[];

export async function feedbackOn(
  transaction: Transaction,
  alertId: string,
): Promise<AlertFeedback | undefined> {
  return transaction
    .selectFrom('alert_feedback')
    .select(feedbackColumns)
    .where('alert_id', '=', alertId)
    .executeTakeFirst();
}

/** The last word counts. */
export async function putFeedback(
  transaction: Transaction,
  alertId: string,
  feedback: GiveFeedback,
): Promise<AlertFeedback> {
  const said = { verdict: feedback.verdict, reason: feedback.reason ?? null };
  return transaction
    .insertInto('alert_feedback')
    .values({ alert_id: alertId, ...said })
    .onConflict((conflict) => conflict.column('alert_id').doUpdateSet(said))
    .returning(feedbackColumns)
    .executeTakeFirstOrThrow();
}

export async function deleteFeedback(transaction: Transaction, alertId: string): Promise<void> {
  await transaction.deleteFrom('alert_feedback').where('alert_id', '=', alertId).execute();
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
