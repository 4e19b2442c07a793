import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { type ConfigOf, NOTIFICATIONS_API } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { ReadinessRegistry } from '@torale/service-host';
import { DELIVERY_CHANNELS, type DeliveryChannels } from './channels/delivery-channel.ts';
import { EmailChannel } from './channels/email.channel.ts';
import { WebhookChannel } from './channels/webhook.channel.ts';
import { DeliveriesRepository } from './deliveries/deliveries.repository.ts';
import { MessageComposer } from './deliveries/message-composer.ts';
import { ToldRepository } from './deliveries/told.repository.ts';
import { createMailer } from './mail/create-mailer.ts';
import { mailSettingsOf } from './mail/mail-settings.ts';
import { MAILER } from './mail/mailer.ts';
import { OutboxRepository } from './mail/outbox.repository.ts';
import { notificationsConfig } from './notifications.config.ts';
import { NotificationsController } from './notifications.controller.ts';
import { NotificationsService } from './notifications.service.ts';
import { NotifierService } from './planning/notifier.service.ts';
import { PlanningRepository } from './planning/planning.repository.ts';

/** Alert → deliveries → attempts. Needs DATABASE, JOB_QUEUE, OUTBOUND_HTTP, SEALER and its config slice. */
@Module({
  providers: [
    DeliveriesRepository,
    ToldRepository,
    MessageComposer,
    PlanningRepository,
    NotifierService,
    OutboxRepository,
    EmailChannel,
    WebhookChannel,
    NotificationsService,
    {
      provide: MAILER,
      inject: [notificationsConfig.token, OutboxRepository],
      useFactory: (config: ConfigOf<typeof notificationsConfig>, outbox: OutboxRepository) =>
        createMailer(mailSettingsOf(config), outbox),
    },
    {
      provide: DELIVERY_CHANNELS,
      inject: [EmailChannel, WebhookChannel],
      useFactory: (email: EmailChannel, webhook: WebhookChannel) =>
        ({ email, webhook }) as unknown as DeliveryChannels,
    },
    { provide: NOTIFICATIONS_API, useExisting: NotificationsService },
  ],
  exports: [NOTIFICATIONS_API],
})
export class NotificationsModule implements OnModuleInit {
  constructor(
    @Inject(ReadinessRegistry) private readonly readiness: ReadinessRegistry,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.readiness.add('database', () => this.database.ping());
  }
}

/** The same over HTTP, for a process of its own. Needs the service token's config slice too. */
@Module({ imports: [NotificationsModule], controllers: [NotificationsController] })
export class NotificationsHttpModule {}
