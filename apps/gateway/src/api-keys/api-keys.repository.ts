import type { ApiKey, Page, PageQuery } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { sql } from 'kysely';
import { readPage } from '../paging/page.repository.ts';

/** Without the hash, which a user may write and never read. */
const columns = [
  'id',
  'name',
  'prefix',
  'expires_at',
  'last_used_at',
  'created_at',
] as const satisfies readonly (keyof ApiKey)[];

export async function insertApiKey(
  transaction: Transaction,
  key: { name: string; prefix: string; key_hash: string; expires_at: string | null },
): Promise<ApiKey> {
  return transaction.insertInto('api_keys').values(key).returning(columns).executeTakeFirstOrThrow();
}

export async function listApiKeys(transaction: Transaction, page: PageQuery): Promise<Page<ApiKey>> {
  return readPage(transaction.selectFrom('api_keys').select(columns), page);
}

/** False when there is none. */
export async function deleteApiKey(transaction: Transaction, id: string): Promise<boolean> {
  const deleted = await transaction
    .deleteFrom('api_keys')
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}

/** Runs as anonymous. The id of the key's owner; null for a key that is unknown, expired or revoked. */
export async function ownerOfApiKey(transaction: Transaction, hash: string): Promise<string | null> {
  const { rows } = await sql<{
    owner: string | null;
  }>`select authenticate_api_key(${hash}) as owner`.execute(transaction);
  return rows[0]?.owner ?? null;
}
