import type { NotificationChannel, Page, PageQuery, UpdateChannel } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { sql } from 'kysely';
import { readPage } from '../paging/page.repository.ts';
import type { NewChannel } from './channel-of.ts';

/** Without what is sealed, which a user may write and never read. */
const columns = [
  'id',
  'kind',
  'name',
  'target',
  'settings',
  'is_default',
  'muted',
  'is_account',
  'status',
  'verified_at',
  'failing_since',
  'disabled_at',
  'disabled_reason',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof NotificationChannel)[];

/** Undefined when the caller already has a channel to this place. */
export async function insertChannel(
  transaction: Transaction,
  { kind, name, is_default, target, settings }: NewChannel,
  settingsSealed: string | null,
): Promise<NotificationChannel | undefined> {
  return transaction
    .insertInto('notification_channels')
    .values({
      kind,
      name,
      target,
      settings: JSON.stringify(settings),
      settings_sealed: settingsSealed,
      ...(is_default !== undefined && { is_default }),
    })
    .onConflict((conflict) => conflict.columns(['user_id', 'kind', 'target']).doNothing())
    .returning(columns)
    .executeTakeFirst();
}

export async function listChannels(
  transaction: Transaction,
  page: PageQuery,
): Promise<Page<NotificationChannel>> {
  return readPage(transaction.selectFrom('notification_channels').select(columns), page);
}

export async function findChannel(
  transaction: Transaction,
  id: string,
): Promise<NotificationChannel | undefined> {
  return transaction
    .selectFrom('notification_channels')
    .select(columns)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Like `findChannel`; until the transaction ends nobody else deletes or changes it. */
export async function lockChannel(
  transaction: Transaction,
  id: string,
): Promise<NotificationChannel | undefined> {
  return transaction
    .selectFrom('notification_channels')
    .select(columns)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function updateChannel(
  transaction: Transaction,
  id: string,
  {
    settings,
    ...change
  }: Pick<UpdateChannel, 'name' | 'is_default' | 'muted'> & {
    settings?: NotificationChannel['settings'];
    settings_sealed?: string;
  },
): Promise<NotificationChannel> {
  return transaction
    .updateTable('notification_channels')
    .set({ ...change, ...(settings && { settings: JSON.stringify(settings) }) })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow();
}

export async function deleteChannel(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('notification_channels').where('id', '=', id).execute();
}

export async function insertSecret(
  transaction: Transaction,
  channelId: string,
  secretSealed: string,
): Promise<void> {
  await transaction
    .insertInto('channel_secrets')
    .values({ channel_id: channelId, secret_sealed: secretSealed })
    .execute();
}

/** How many secrets of a channel sign. */
export async function countLivingSecrets(transaction: Transaction, channelId: string): Promise<number> {
  const { count } = await transaction
    .selectFrom('channel_secrets')
    .select(({ fn }) => fn.countAll<string | number>().as('count'))
    .where('channel_id', '=', channelId)
    .where((where) =>
      where.or([where('expires_at', 'is', null), where('expires_at', '>', sql<string>`now()`)]),
    )
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Ends all secrets of a channel by then, those that end before stay as they are. When that is. */
export async function expireSecrets(
  transaction: Transaction,
  channelId: string,
  overlapHours: number,
): Promise<string> {
  const { rows } = await sql<{ at: string }>`
    select date_trunc('milliseconds', now() + ${overlapHours} * interval '1 hour') as at`.execute(
    transaction,
  );
  const { at } = rows[0]!;
  await transaction
    .updateTable('channel_secrets')
    .set({ expires_at: at })
    .where('channel_id', '=', channelId)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', at)]))
    .execute();
  return at;
}

/** Those of these ids that are channels of the caller's. */
export async function ownChannelIds(transaction: Transaction, ids: readonly string[]): Promise<string[]> {
  const rows = await transaction
    .selectFrom('notification_channels')
    .select('id')
    .where('id', 'in', ids)
    .execute();
  return rows.map(({ id }) => id);
}
