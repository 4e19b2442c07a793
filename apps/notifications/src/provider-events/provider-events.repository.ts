import { Inject, Injectable } from '@nestjs/common';
import { events } from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { appendEvents } from '@torale/events';
import { sql } from 'kysely';
import { ChannelHealthRepository } from '../deliveries/channel-health.repository.ts';
import type { MailNews } from './sendgrid-event.ts';

interface MailedDelivery {
  id: string;
  user_id: string;
  channel_id: string | null;
  status: string;
}

/** What each may become of; whatever comes late, twice or in another order ends the same. */
const earlier = {
  delivered: ['queued', 'sending', 'sent'],
  failed: ['queued', 'sending', 'sent'],
  bounced: ['queued', 'sending', 'sent', 'delivered'],
};

@Injectable()
export class ProviderEventsRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(ChannelHealthRepository) private readonly health: ChannelHealthRepository,
  ) {}

  /** False when it changed nothing: the mail is no delivery, or it was known. */
  async record(news: MailNews): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const delivery = await this.lock(transaction, news);
      if (!delivery) return false;
      const changed = [
        await this.settle(transaction, delivery, news),
        await this.concernChannel(transaction, delivery, news),
      ];
      return changed.includes(true);
    });
  }

  private async lock(
    transaction: Transaction,
    { delivery_id, provider_message_id }: MailNews,
  ): Promise<MailedDelivery | undefined> {
    if (delivery_id === null && provider_message_id === null) return undefined;
    return transaction
      .selectFrom('notification_deliveries')
      .select(['id', 'user_id', 'channel_id', 'status'])
      .where('provider', '=', 'sendgrid')
      .where(delivery_id === null ? 'provider_message_id' : 'id', '=', delivery_id ?? provider_message_id)
      .limit(1)
      .forNoKeyUpdate()
      .executeTakeFirst();
  }

  private async settle(
    transaction: Transaction,
    { id, user_id, status }: MailedDelivery,
    { status: news, reason, at }: MailNews,
  ): Promise<boolean> {
    if (news === null) {
      if (reason === null || status !== 'sent') return false;
      await transaction.updateTable('notification_deliveries').set({ reason }).where('id', '=', id).execute();
      return true;
    }
    if (!earlier[news].includes(status)) return false;
    await transaction
      .updateTable('notification_deliveries')
      .set({
        status: news,
        reason,
        not_before: null,
        ...(news === 'delivered' && { sent_at: sql<string>`coalesce(sent_at, ${at})` }),
      })
      .where('id', '=', id)
      .execute();
    const data = [{ user_id, data: { delivery_id: id } }];
    if (news !== 'delivered') await appendEvents(transaction, events.deliveryFailed, data);
    // SendGrid was faster than whoever sent it; nobody else will say so.
    else if (status !== 'sent') await appendEvents(transaction, events.deliverySucceeded, data);
    return true;
  }

  private async concernChannel(
    transaction: Transaction,
    { channel_id }: MailedDelivery,
    { channel, reason, at }: MailNews,
  ): Promise<boolean> {
    if (channel_id === null || channel === null) return false;
    if (channel === 'disable') {
      return this.health.disable(transaction, channel_id, reason ?? 'It takes no mail.', at);
    }
    const { numUpdatedRows } = await transaction
      .updateTable('notification_channels')
      .set({ muted: true })
      .where('id', '=', channel_id)
      .where('muted', '=', false)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }
}
