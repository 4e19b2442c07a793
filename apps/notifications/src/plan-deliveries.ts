import {
  severitySchema,
  type Channel,
  type DeliveryStatus,
  type NotificationPreferences,
  type Severity,
} from '@torale/contracts';

/** Where a user can be reached and how they want to be. */
export interface Recipient {
  preferences: NotificationPreferences;
  /** The account's own address; null for an account without one. */
  account_email: string | null;
  webhooks: { id: string; url: string }[];
}

export interface PlannedDelivery {
  channel: Channel;
  target: string;
  webhook_endpoint_id: string | null;
  status: Extract<DeliveryStatus, 'queued' | 'suppressed'>;
}

/**
 * One delivery per target of each channel that is switched on. An alert below the user's `min_severity` is planned
 * as suppressed, so that the user can see why nothing came.
 * @param severity null for a notice, which tells that alerts may be missing and is always sent
 */
export function planDeliveries(severity: Severity | null, recipient: Recipient): PlannedDelivery[] {
  const { preferences, account_email, webhooks } = recipient;
  const rank = (value: Severity) => severitySchema.options.indexOf(value);
  const status =
    severity !== null && rank(severity) < rank(preferences.min_severity) ? 'suppressed' : 'queued';
  const email = preferences.email_address ?? account_email;

  const planned: PlannedDelivery[] = [];
  if (preferences.email_enabled && email) {
    planned.push({ channel: 'email', target: email, webhook_endpoint_id: null, status });
  }
  if (preferences.webhook_enabled) {
    for (const { id, url } of webhooks) {
      planned.push({ channel: 'webhook', target: url, webhook_endpoint_id: id, status });
    }
  }
  return planned;
}
