import {
  defaultNotificationPreferences,
  notificationPreferenceNames,
  type NotificationPreferences,
  type OutboxEmail,
  type Page,
  type PageQuery,
  type UpdateNotificationPreferences,
} from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { readPage } from '../paging/page.repository.ts';

/** The caller's preferences; row level security leaves one row at most. */
export async function readPreferences(transaction: Transaction): Promise<NotificationPreferences> {
  const stored = await transaction
    .selectFrom('notification_preferences')
    .select(notificationPreferenceNames)
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
    .returning(notificationPreferenceNames)
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
