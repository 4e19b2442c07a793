import type { CreateUserQuery, Page, PageQuery, UpdateUserQuery, UserQuery } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { describeCron, type StoredSchedule } from '@torale/schedule';
import { readPage } from '../paging/page.repository.ts';

const columns = [
  'id',
  'raw_query',
  'condition',
  'refined_query',
  'reading',
  'thresholds',
  'notify_behavior',
  'check_interval_seconds',
  'schedule_cron',
  'time_zone',
  'check_windows',
  'check_jitter_seconds',
  'status',
  'completed_at',
  'retention_contents',
  'retention_days',
  'channel_ids',
  'muted',
  'snoozed_until',
  'unsubscribed_channel_ids',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof Row)[];

type Row = Omit<UserQuery, 'schedule'> & { schedule_cron: string | null };

const shown = ({ schedule_cron: cron, ...query }: Row): UserQuery => ({
  ...query,
  schedule: cron === null ? null : { cron, time_zone: query.time_zone, text: describeCron(cron) },
});

export async function insertUserQuery(
  transaction: Transaction,
  {
    reading,
    thresholds,
    check_windows,
    ...query
  }: Omit<CreateUserQuery, 'condition' | 'schedule' | keyof StoredSchedule> &
    StoredSchedule &
    Pick<UserQuery, 'condition' | 'refined_query' | 'reading'>,
): Promise<UserQuery> {
  const row = await transaction
    .insertInto('user_queries')
    .values({
      ...query,
      check_windows: JSON.stringify(check_windows),
      reading: reading && JSON.stringify(reading),
      ...(thresholds && { thresholds: JSON.stringify(thresholds) }),
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
  return shown(row);
}

export async function listUserQueries(
  transaction: Transaction,
  page: PageQuery & { status?: UserQuery['status'] | undefined },
): Promise<Page<UserQuery>> {
  let query = transaction.selectFrom('user_queries').select(columns);
  if (page.status !== undefined) query = query.where('status', '=', page.status);
  const { data, next_cursor } = await readPage(query, page);
  return { data: data.map(shown), next_cursor };
}

export async function findUserQuery(transaction: Transaction, id: string): Promise<UserQuery | undefined> {
  const row = await transaction
    .selectFrom('user_queries')
    .select(columns)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && shown(row);
}

/** Like `findUserQuery`; until the transaction ends nobody else deletes or changes it. */
export async function lockUserQuery(transaction: Transaction, id: string): Promise<UserQuery | undefined> {
  const row = await transaction
    .selectFrom('user_queries')
    .select(columns)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row && shown(row);
}

export async function updateUserQuery(
  transaction: Transaction,
  id: string,
  {
    reading,
    thresholds,
    check_windows,
    ...change
  }: Omit<UpdateUserQuery, 'schedule' | keyof StoredSchedule> & Partial<StoredSchedule>,
): Promise<UserQuery> {
  const row = await transaction
    .updateTable('user_queries')
    .set({
      ...change,
      ...(check_windows && { check_windows: JSON.stringify(check_windows) }),
      ...(reading !== undefined && { reading: reading && JSON.stringify(reading) }),
      ...(thresholds && { thresholds: JSON.stringify(thresholds) }),
      ...(change.status === 'active' && { completed_at: null }),
    })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow();
  return shown(row);
}

/** False when there is none. */
export async function deleteUserQuery(transaction: Transaction, id: string): Promise<boolean> {
  const deleted = await transaction
    .deleteFrom('user_queries')
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}
