export { notificationsConfig } from './notifications.config.ts';
export { NotificationsHttpModule, NotificationsModule } from './notifications.module.ts';
export { WebhookSigningKeysModule } from './signatures/webhook-signing-keys.module.ts';
export { webhookSigningConfig } from './signatures/webhook-signing.config.ts';
export { VapidKeysModule } from './web-push/vapid-keys.module.ts';
