import type { Page, PageQuery, WebhookEndpoint } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { readPage } from '../paging/page.repository.ts';

/** Without the secret, which a user may write and never read. */
const columns = [
  'id',
  'url',
  'description',
  'created_at',
] as const satisfies readonly (keyof WebhookEndpoint)[];

/** Undefined when the caller already registered this URL. */
export async function insertWebhook(
  transaction: Transaction,
  webhook: { url: string; description: string | null; secret: string },
): Promise<WebhookEndpoint | undefined> {
  return transaction
    .insertInto('webhook_endpoints')
    .values(webhook)
    .onConflict((conflict) => conflict.columns(['user_id', 'url']).doNothing())
    .returning(columns)
    .executeTakeFirst();
}

export async function listWebhooks(
  transaction: Transaction,
  page: PageQuery,
): Promise<Page<WebhookEndpoint>> {
  return readPage(transaction.selectFrom('webhook_endpoints').select(columns), page);
}

/** False when there is none. */
export async function deleteWebhook(transaction: Transaction, id: string): Promise<boolean> {
  const deleted = await transaction
    .deleteFrom('webhook_endpoints')
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}
