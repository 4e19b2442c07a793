import { severitySchema, type ChannelKind, type DeliveryStatus, type Severity } from '@torale/contracts';

/** Where a user can be reached and how they want to be. */
export interface Recipient {
  min_severity: Severity;
  channels: { id: string; kind: ChannelKind; target: string }[];
}

export interface PlannedDelivery {
  channel_id: string;
  channel: ChannelKind;
  target: string;
  status: Extract<DeliveryStatus, 'queued' | 'suppressed'>;
}

/**
 * One delivery per channel. An alert below the user's `min_severity` is planned as suppressed, so that the user can
 * see why nothing came.
 * @param severity null for a notice, which tells that alerts may be missing and is always sent
 */
export function planDeliveries(severity: Severity | null, recipient: Recipient): PlannedDelivery[] {
  const rank = (value: Severity) => severitySchema.options.indexOf(value);
  const status = severity !== null && rank(severity) < rank(recipient.min_severity) ? 'suppressed' : 'queued';
  return recipient.channels.map(({ id, kind, target }) => ({
    channel_id: id,
    channel: kind,
    target,
    status,
  }));
}
