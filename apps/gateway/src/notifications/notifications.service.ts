import { Inject, Injectable } from '@nestjs/common';
import type {
  NotificationPreferences,
  OutboxEmail,
  Page,
  PageQuery,
  UpdateNotificationPreferences,
} from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import type { Caller } from '../auth/caller.ts';
import { listOutbox, mergePreferences, readPreferences } from './notifications.repository.ts';

@Injectable()
export class NotificationsService {
  constructor(@Inject(USER_DATABASE) private readonly database: UserDatabase) {}

  getPreferences(caller: Caller): Promise<NotificationPreferences> {
    return this.database.asUser(caller.claims, readPreferences);
  }

  updatePreferences(caller: Caller, change: UpdateNotificationPreferences): Promise<NotificationPreferences> {
    return this.database.asUser(caller.claims, (transaction) => mergePreferences(transaction, change));
  }

  listOutbox(caller: Caller, page: PageQuery): Promise<Page<OutboxEmail>> {
    return this.database.asUser(caller.claims, (transaction) => listOutbox(transaction, page));
  }
}
