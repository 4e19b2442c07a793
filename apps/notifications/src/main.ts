import { Module } from '@nestjs/common';
import { databaseConfig, PostgresModule } from '@torale/database';
import { JobEngineModule } from '@torale/job-engine';
import { outboundHttpConfig, OutboundHttpModule } from '@torale/outbound-http';
import { secretsConfig, SecretsModule } from '@torale/secrets';
import { bootstrap, serviceTokenConfig } from '@torale/service-host';
import { notificationsConfig } from './notifications.config.ts';
import { NotificationsHttpModule } from './notifications.module.ts';
import { WebhookSigningKeysModule } from './signatures/webhook-signing-keys.module.ts';
import { webhookSigningConfig } from './signatures/webhook-signing.config.ts';
import { VapidKeysModule } from './web-push/vapid-keys.module.ts';

@Module({
  imports: [
    PostgresModule.forServices(),
    JobEngineModule.senderOnPostgres(),
    OutboundHttpModule,
    SecretsModule.fromEnvironment(),
    WebhookSigningKeysModule.fromEnvironment(),
    VapidKeysModule.fromEnvironment(),
    NotificationsHttpModule,
  ],
})
class NotificationsContainer {}

await bootstrap({
  name: 'notifications',
  module: NotificationsContainer,
  config: [
    databaseConfig,
    notificationsConfig,
    outboundHttpConfig,
    secretsConfig,
    serviceTokenConfig,
    webhookSigningConfig,
  ],
  port: 8003,
});
