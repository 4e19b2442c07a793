import type { Delivery, DeliveryStatus, Page, PageQuery } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { readPage } from '../paging/page.repository.ts';

const columns = [
  'id',
  'alert_id',
  'notice_id',
  'digest_id',
  'in_digest_id',
  'channel_id',
  'channel',
  'target',
  'provider',
  'status',
  'reason',
  'not_before',
  'attempts',
  'sent_at',
  'created_at',
] as const satisfies readonly (keyof Delivery)[];

export interface DeliveryFilter {
  alert_id?: string | undefined;
  status?: DeliveryStatus | undefined;
}

export async function listDeliveries(
  transaction: Transaction,
  page: PageQuery & DeliveryFilter,
): Promise<Page<Delivery>> {
  let query = transaction.selectFrom('notification_deliveries').select(columns);
  if (page.alert_id !== undefined) query = query.where('alert_id', '=', page.alert_id);
  if (page.status !== undefined) query = query.where('status', '=', page.status);
  return readPage(query, page);
}

export async function findDelivery(transaction: Transaction, id: string): Promise<Delivery | undefined> {
  return transaction
    .selectFrom('notification_deliveries')
    .select(columns)
    .where('id', '=', id)
    .executeTakeFirst();
}
