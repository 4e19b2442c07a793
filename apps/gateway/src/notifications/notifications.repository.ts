import {
  defaultNotificationPreferences,
  type NotificationPreferences,
  type OutboxEmail,
  type Page,
  type PageQuery,
  type UpdateNotificationPreferences,
} from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { readPage } from '../paging/page.repository.ts';

const preferenceColumns = [
  'min_severity',
  'time_zone',
  'mode',
  'daily_at',
  'quiet_hours',
  'max_per_day',
  'source_notices',
  'completed_notices',
] as const satisfies readonly (keyof NotificationPreferences)[];

/** The caller's preferences; row level security leaves one row at most. */
export async function readPreferences(transaction: Transaction): Promise<NotificationPreferences> {
  const stored = await transaction
    .selectFrom('notification_preferences')
    .select(preferenceColumns)
    .executeTakeFirst();
  return stored ?? defaultNotificationPreferences;
}

/** Sets what is named and leaves the rest. */
export async function mergePreferences(
  transaction: Transaction,
  change: UpdateNotificationPreferences,
): Promise<NotificationPreferences> {
  if (Object.keys(change).length === 0) return readPreferences(transaction);
  return transaction
    .insertInto('notification_preferences')
    .values(columnsOf({ ...defaultNotificationPreferences, ...change }))
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(columnsOf(change)))
    .returning(preferenceColumns)
    .executeTakeFirstOrThrow();
}

const columnsOf = ({ quiet_hours, ...change }: UpdateNotificationPreferences) => ({
  ...change,
  ...(quiet_hours !== undefined && { quiet_hours: quiet_hours && JSON.stringify(quiet_hours) }),
});

export async function listOutbox(transaction: Transaction, page: PageQuery): Promise<Page<OutboxEmail>> {
  const query = transaction
    .selectFrom('outbox_emails')
    .select(['id', 'delivery_id', 'to_address', 'subject', 'text_body', 'html_body', 'created_at']);
  return readPage(query, page);
}
