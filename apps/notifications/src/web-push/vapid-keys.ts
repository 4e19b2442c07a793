import type { ConfigOf } from '@torale/contracts';
import { ConfigError } from '@torale/service-host';
import webPush from 'web-push';
import { z } from 'zod';
import type { notificationsConfig } from '../notifications.config.ts';

const keyPairSchema = z.object({ publicKey: z.string(), privateKey: z.string() });

/** What push services know this Torale by (RFC 8292). A browser's subscription holds for one public key only. */
export interface VapidKeys extends z.infer<typeof keyPairSchema> {
  /** Whom push services may turn to. */
  subject: string;
}
/** Null where Web Push is not set up. */
export const VAPID_KEYS = Symbol.for('torale.VapidKeys');

/**
 * The keys of the environment; null without any.
 * @throws ConfigError for one key without the other
 */
export function vapidKeysOf(config: ConfigOf<typeof notificationsConfig>): VapidKeys | null {
  const { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey, VAPID_SUBJECT: subject } = config;
  if (publicKey && privateKey) return { publicKey, privateKey, subject };
  if (!publicKey && !privateKey) return null;
  const [variable, other] = publicKey
    ? ['VAPID_PRIVATE_KEY', 'VAPID_PUBLIC_KEY']
    : ['VAPID_PUBLIC_KEY', 'VAPID_PRIVATE_KEY'];
  throw new ConfigError([{ variable, message: `is required together with ${other}` }]);
}

/** A new pair, as text for a file. */
export const makeVapidKeys = (): string => JSON.stringify(webPush.generateVAPIDKeys());

export const readVapidKeys = (text: string, subject: string): VapidKeys => ({
  ...keyPairSchema.parse(JSON.parse(text)),
  subject,
});
