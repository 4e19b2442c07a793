import { Inject, Injectable } from '@nestjs/common';
import {
  type Delivery,
  NOTIFICATIONS_API,
  type NotificationsApi,
  type Page,
  type PageQuery,
  type Replay,
  type ReplayChannel,
} from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import type { Caller } from '../auth/caller.ts';
import { findChannel } from '../channels/channels.repository.ts';
import { found } from '../found.ts';
import { type DeliveryFilter, findDelivery, listDeliveries } from './deliveries.repository.ts';

/** What was sent to a user, or tried. Row level security leaves the caller's own. */
@Injectable()
export class DeliveriesService {
  constructor(
    @Inject(USER_DATABASE) private readonly database: UserDatabase,
    @Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi,
  ) {}

  list(caller: Caller, page: PageQuery & DeliveryFilter): Promise<Page<Delivery>> {
    return this.database.asUser(caller.claims, (transaction) => listDeliveries(transaction, page));
  }

  async get(caller: Caller, id: string): Promise<Delivery> {
    return found(
      await this.database.asUser(caller.claims, (transaction) => findDelivery(transaction, id)),
      'There is no such delivery',
    );
  }

  async replay(caller: Caller, id: string): Promise<Replay> {
    await this.get(caller, id);
    return this.notifications.replay({ delivery_id: id });
  }

  async replayChannel(caller: Caller, wanted: ReplayChannel): Promise<Replay> {
    found(
      await this.database.asUser(caller.claims, (transaction) => findChannel(transaction, wanted.channel_id)),
      'There is no such channel',
    );
    return this.notifications.replay(wanted);
  }
}
