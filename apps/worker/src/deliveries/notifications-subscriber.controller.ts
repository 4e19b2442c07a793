import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { events, NOTIFICATIONS_API, type EventData, type NotificationsApi } from '@torale/contracts';
import { EventHandler } from '../events/event-handler.decorator.ts';
import { unlessDeleted } from './unless-deleted.ts';

/** Has users told of what happened. */
@Controller()
export class NotificationsSubscriberController {
  constructor(@Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi) {}

  @EventHandler(events.alertCreated, 'notifications')
  async tellOfAlert(@Payload() { alert_id }: EventData<typeof events.alertCreated>): Promise<void> {
    await unlessDeleted(this.notifications.notify({ alert_id }));
  }

  @EventHandler(
    [events.sourceFailing, events.sourceRecovered, events.queryCompleted, events.channelDisabled],
    'notifications',
  )
  async tellOfNotice(@Payload() { notice_id }: { notice_id: string }): Promise<void> {
    await unlessDeleted(this.notifications.notify({ notice_id }));
  }
}
