import { Body, Inject, Query } from '@nestjs/common';
import {
  gatewayContract,
  type NotificationPreferences,
  type OutboxEmail,
  type Page,
  type PageQuery,
  type UpdateNotificationPreferences,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';
import { type Caller, CurrentCaller } from '../auth/caller.ts';
import { UserController } from '../user-controller.ts';
import { NotificationsService } from './notifications.service.ts';

const { getNotificationPreferences, updateNotificationPreferences, listOutbox } = gatewayContract.endpoints;

@UserController()
export class NotificationsController {
  constructor(@Inject(NotificationsService) private readonly notifications: NotificationsService) {}

  @Handle(getNotificationPreferences)
  getPreferences(@CurrentCaller() caller: Caller): Promise<NotificationPreferences> {
    return this.notifications.getPreferences(caller);
  }

  @Handle(updateNotificationPreferences)
  updatePreferences(
    @CurrentCaller() caller: Caller,
    @Body({ schema: updateNotificationPreferences.body }) body: UpdateNotificationPreferences,
  ): Promise<NotificationPreferences> {
    return this.notifications.updatePreferences(caller, body);
  }

  @Handle(listOutbox)
  listOutbox(
    @CurrentCaller() caller: Caller,
    @Query({ schema: listOutbox.query }) page: PageQuery,
  ): Promise<Page<OutboxEmail>> {
    return this.notifications.listOutbox(caller, page);
  }
}
