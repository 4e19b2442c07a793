import type { CreateUserQuery, Page, PageQuery, UpdateUserQuery, UserQuery } from '@torale/contracts';
import type { Transaction } from '@torale/database';
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
] as const satisfies readonly (keyof UserQuery)[];

export async function insertUserQuery(
  transaction: Transaction,
  {
    reading,
    thresholds,
    ...query
  }: Omit<CreateUserQuery, 'condition'> & Pick<UserQuery, 'condition' | 'refined_query' | 'reading'>,
): Promise<UserQuery> {
  return transaction
    .insertInto('user_queries')
    .values({
      ...query,
      reading: reading && JSON.stringify(reading),
      ...(thresholds && { thresholds: JSON.stringify(thresholds) }),
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
}

export async function listUserQueries(
  transaction: Transaction,
  page: PageQuery & { status?: UserQuery['status'] | undefined },
): Promise<Page<UserQuery>> {
  let query = transaction.selectFrom('user_queries').select(columns);
  if (page.status !== undefined) query = query.where('status', '=', page.status);
  return readPage(query, page);
}

export async function findUserQuery(transaction: Transaction, id: string): Promise<UserQuery | undefined> {
  return transaction.selectFrom('user_queries').select(columns).where('id', '=', id).executeTakeFirst();
}

/** Like `findUserQuery`; until the transaction ends nobody else deletes or changes it. */
export async function lockUserQuery(transaction: Transaction, id: string): Promise<UserQuery | undefined> {
  return transaction
    .selectFrom('user_queries')
    .select(columns)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function updateUserQuery(
  transaction: Transaction,
  id: string,
  { reading, thresholds, ...change }: UpdateUserQuery,
): Promise<UserQuery> {
  return transaction
    .updateTable('user_queries')
    .set({
      ...change,
      ...(reading !== undefined && { reading: reading && JSON.stringify(reading) }),
      ...(thresholds && { thresholds: JSON.stringify(thresholds) }),
      ...(change.status === 'active' && { completed_at: null }),
    })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow();
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
