import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import { ReadinessRegistry } from '@torale/service-host';
import { AlertsController } from './alerts/alerts.controller.ts';
import { AlertsService } from './alerts/alerts.service.ts';
import { ApiKeysController } from './api-keys/api-keys.controller.ts';
import { ApiKeysService } from './api-keys/api-keys.service.ts';
import { AccessTokens } from './auth/access-tokens.ts';
import { ChannelsController } from './channels/channels.controller.ts';
import { ChannelsService } from './channels/channels.service.ts';
import { ChecksController } from './checks/checks.controller.ts';
import { ChecksService } from './checks/checks.service.ts';
import { ContentsController } from './contents/contents.controller.ts';
import { ContentsService } from './contents/contents.service.ts';
import { DeliveriesController } from './deliveries/deliveries.controller.ts';
import { DeliveriesService } from './deliveries/deliveries.service.ts';
import { gatewayConfig, type GatewayConfig } from './gateway.config.ts';
import { MonitoredSourcesController } from './monitored-sources/monitored-sources.controller.ts';
import { MonitoredSourcesService } from './monitored-sources/monitored-sources.service.ts';
import { NotificationsController } from './notifications/notifications.controller.ts';
import { NotificationsService } from './notifications/notifications.service.ts';
import { PreviewController } from './preview/preview.controller.ts';
import { PreviewService } from './preview/preview.service.ts';
import { SigningKeysController } from './signing-keys/signing-keys.controller.ts';
import { ProviderEventsController } from './provider-events/provider-events.controller.ts';
import { TemplatesController } from './templates/templates.controller.ts';
import { TemplatesService } from './templates/templates.service.ts';
import { UnsubscribeController } from './unsubscribe/unsubscribe.controller.ts';
import { UnsubscribeService } from './unsubscribe/unsubscribe.service.ts';
import { UserQueriesController } from './user-queries/user-queries.controller.ts';
import { UserQueriesService } from './user-queries/user-queries.service.ts';

const services = [
  AccessTokens,
  AlertsService,
  ApiKeysService,
  ChannelsService,
  ChecksService,
  ContentsService,
  DeliveriesService,
  MonitoredSourcesService,
  NotificationsService,
  PreviewService,
  TemplatesService,
  UnsubscribeService,
  UserQueriesService,
];

/**
 * The public API's services. Needs USER_DATABASE, OUTBOUND_HTTP, SEALER, LINK_SIGNER, ACCESS_TOKEN_KEYS, the APIs of discovery,
 * content-processor, change-detector and notifications, and the slice `gatewayConfig` from a global module.
 */
@Module({ providers: services, exports: services })
export class GatewayModule implements OnModuleInit {
  constructor(
    @Inject(USER_DATABASE) private readonly database: UserDatabase,
    @Inject(ReadinessRegistry) private readonly readiness: ReadinessRegistry,
  ) {}

  onModuleInit(): void {
    this.readiness.add('database', () => this.database.ping());
  }
}

/** The public API at `/api/v1`; opens it, and Supabase's auth where that is mounted beside it, to web pages. */
@Module({
  imports: [GatewayModule],
  controllers: [
    AlertsController,
    ApiKeysController,
    ChannelsController,
    ChecksController,
    ContentsController,
    DeliveriesController,
    MonitoredSourcesController,
    NotificationsController,
    PreviewController,
    ProviderEventsController,
    TemplatesController,
    UnsubscribeController,
    SigningKeysController,
    UserQueriesController,
  ],
})
export class GatewayHttpModule implements OnModuleInit {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
  ) {}

  onModuleInit(): void {
    this.host.httpAdapter.enableCors({
      origin: this.config.CORS_ORIGINS,
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: [
        'authorization',
        'content-type',
        'idempotency-key',
        'x-api-key',
        // What supabase-js sends.
        'apikey',
        'x-client-info',
        'x-supabase-api-version',
      ],
      exposedHeaders: ['location', 'retry-after', 'x-request-id', 'x-supabase-api-version'],
      maxAge: 600,
    });
  }
}
