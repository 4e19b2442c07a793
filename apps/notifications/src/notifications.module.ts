import { Inject, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { type ChannelKind, type ConfigOf, NOTIFICATIONS_API } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { ReadinessRegistry } from '@torale/service-host';
import { ChannelHttp } from './channels/channel-http.ts';
import {
  DELIVERY_CHANNELS,
  type DeliveryChannel,
  type DeliveryChannels,
} from './channels/delivery-channel.ts';
import { DiscordChannel } from './channels/discord.channel.ts';
import { EmailChannel } from './channels/email.channel.ts';
import { NtfyChannel } from './channels/ntfy.channel.ts';
import { SlackChannel } from './channels/slack.channel.ts';
import { TeamsChannel } from './channels/teams.channel.ts';
import { TelegramChannel } from './channels/telegram.channel.ts';
import { WebPushChannel } from './channels/web-push.channel.ts';
import { WebhookChannel } from './channels/webhook.channel.ts';
import { ChannelHealthRepository } from './deliveries/channel-health.repository.ts';
import { Claims } from './deliveries/claims.ts';
import { DelivererService } from './deliveries/deliverer.service.ts';
import { DeliveriesRepository } from './deliveries/deliveries.repository.ts';
import { MessageComposer } from './deliveries/message-composer.ts';
import { ReplayRepository } from './deliveries/replay.repository.ts';
import { ReplayService } from './deliveries/replay.service.ts';
import { Settlements } from './deliveries/settlements.ts';
import { ToldRepository } from './deliveries/told.repository.ts';
import { DigestsRepository } from './digests/digests.repository.ts';
import { createMailer } from './mail/create-mailer.ts';
import { mailSettingsOf } from './mail/mail-settings.ts';
import { MAILER } from './mail/mailer.ts';
import { OutboxRepository } from './mail/outbox.repository.ts';
import { notificationsConfig } from './notifications.config.ts';
import { NotificationsController } from './notifications.controller.ts';
import { NotificationsService } from './notifications.service.ts';
import { DeliveryScheduler } from './planning/delivery-scheduler.ts';
import { NotifierService } from './planning/notifier.service.ts';
import { PlanningRepository } from './planning/planning.repository.ts';
import { SendingGate } from './planning/sending-gate.ts';
import { ProviderEventsRepository } from './provider-events/provider-events.repository.ts';
import { ProviderEventsService } from './provider-events/provider-events.service.ts';
import { MESSAGE_RENDERER } from './templates/message-renderer.ts';
import { TemplateRenderer } from './templates/template-renderer.ts';
import { TemplatesRepository } from './templates/templates.repository.ts';
import { TemplatesService } from './templates/templates.service.ts';
import { UnsubscribeLinks } from './unsubscribe/unsubscribe-links.ts';
import { VerificationRepository } from './verification/verification.repository.ts';
import { VerificationService } from './verification/verification.service.ts';

const channels = {
  email: EmailChannel,
  webhook: WebhookChannel,
  slack: SlackChannel,
  discord: DiscordChannel,
  teams: TeamsChannel,
  telegram: TelegramChannel,
  ntfy: NtfyChannel,
  web_push: WebPushChannel,
} as const satisfies Record<ChannelKind, Type<DeliveryChannel>>;

/**
 * Alert → deliveries → attempts. Needs DATABASE, JOB_QUEUE, OUTBOUND_HTTP, SEALER, LINK_SIGNER, WEBHOOK_SIGNING_KEYS, VAPID_KEYS and
 * its config slice.
 */
@Module({
  providers: [
    DeliveriesRepository,
    ToldRepository,
    MessageComposer,
    Claims,
    Settlements,
    ChannelHealthRepository,
    DelivererService,
    ReplayRepository,
    ReplayService,
    PlanningRepository,
    DigestsRepository,
    DeliveryScheduler,
    NotifierService,
    SendingGate,
    OutboxRepository,
    ChannelHttp,
    ...Object.values(channels),
    VerificationRepository,
    VerificationService,
    NotificationsService,
    TemplatesRepository,
    TemplatesService,
    UnsubscribeLinks,
    ProviderEventsRepository,
    ProviderEventsService,
    { provide: MESSAGE_RENDERER, useClass: TemplateRenderer },
    {
      provide: MAILER,
      inject: [notificationsConfig.token, OutboxRepository],
      useFactory: (config: ConfigOf<typeof notificationsConfig>, outbox: OutboxRepository) =>
        createMailer(mailSettingsOf(config), outbox),
    },
    {
      provide: DELIVERY_CHANNELS,
      inject: Object.values(channels),
      useFactory: (...made: DeliveryChannel[]) =>
        Object.fromEntries(
          Object.keys(channels).map((kind, index) => [kind, made[index]]),
        ) as DeliveryChannels,
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
