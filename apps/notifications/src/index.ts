export { notificationsConfig } from './notifications.config.ts';
export { NotificationsHttpModule, NotificationsModule } from './notifications.module.ts';
