import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  events,
  jobs,
  NOTIFICATIONS_API,
  type EventData,
  type NotificationsApi,
  type NotifyRequest,
} from '@torale/contracts';
import { JOB_ENGINE, type JobEngine } from '@torale/job-engine';
import { EventHandler } from '../events/event-handler.decorator.ts';
import { unlessDeleted } from './unless-deleted.ts';

/** Has users told of what happened. */
@Controller()
export class NotificationsSubscriberController {
  constructor(
    @Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi,
    @Inject(JOB_ENGINE) private readonly jobEngine: JobEngine,
  ) {}

  @EventHandler(events.alertCreated, 'notifications')
  async tellOfAlert(@Payload() { alert_id }: EventData<typeof events.alertCreated>): Promise<void> {
    await this.tell({ alert_id });
  }

  @EventHandler(
    [events.sourceFailing, events.sourceRecovered, events.queryCompleted, events.channelDisabled],
    'notifications',
  )
  async tellOfNotice(@Payload() { notice_id }: { notice_id: string }): Promise<void> {
    await this.tell({ notice_id });
  }

  @EventHandler(events.preferencesChanged, 'notifications')
  async replan(@Payload() { user_id }: EventData<typeof events.preferencesChanged>): Promise<void> {
    await this.notifications.replan({ user_id });
    this.jobEngine.wake(jobs.deliver);
  }

  private async tell(about: NotifyRequest): Promise<void> {
    await unlessDeleted(this.notifications.notify(about));
    this.jobEngine.wake(jobs.deliver);
  }
}
