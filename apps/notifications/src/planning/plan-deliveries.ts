import {
  severitySchema,
  type ChannelKind,
  type NoticeKind,
  type NotificationPreferences,
  type Severity,
} from '@torale/contracts';
import { nextFullHour, nextLocalTime, windowAround } from '@torale/schedule';
import { unusable } from '../channels/unusable.ts';

/** What there is to tell. */
export type About =
  | { type: 'alert'; severity: Severity }
  /** `channel_id`: the one that a notice of kind `channel_disabled` is about. */
  | { type: 'notice'; kind: NoticeKind; channel_id: string | null };

/** What the query that it belongs to says of being told. */
export interface QueryWishes {
  channel_ids: string[] | null;
  muted: boolean;
  snoozed_until: string | null;
  unsubscribed_channel_ids: string[];
}

export interface Channel {
  id: string;
  kind: ChannelKind;
  target: string;
  status: 'pending' | 'verified' | 'disabled';
  is_default: boolean;
  muted: boolean;
}

/** A user, as far as it matters for telling them. */
export interface Recipient {
  preferences: NotificationPreferences;
  /** All of them, the oldest first. */
  channels: Channel[];
}

/** When something is told. Reasons are shown to the user. */
export type Timing =
  | { when: 'now' }
  | { when: 'held'; at: Date; reason: string }
  | { when: 'digest'; at: Date; reason: string }
  | { when: 'never'; reason: string };

export interface Plan {
  /** Null when the user has no channel at all: then it is told never. */
  channel: Channel | null;
  timing: Timing;
}

/**
 * Through which channels something is told, and when; never empty, so that what is told nobody is on record too.
 *
 * 1. Channels: those that the query chooses and that still exist, else the default ones. A disabled channel is told of
 *    through the others: the default ones, else whichever can be used.
 * 2. Never: a kind of notice that is not wanted, a severity below the least, a muted query, a channel that is not
 *    verified, disabled, muted, or unsubscribed from this query.
 * 3. Not before the end of the query's snooze.
 * 4. From then on at once, or in the digest of the next full hour or of the day's time.
 * 5. What would come in quiet hours comes at their end, of whatever severity.
 *
 * The cap per day is looked at when a message is about to be sent: `startOfNextDay`.
 */
export function planDeliveries(
  about: About,
  query: QueryWishes | null,
  recipient: Recipient,
  now: Date,
): Plan[] {
  const channels = channelsFor(about, query, recipient.channels);
  if (channels.length === 0) return [nobody(about, recipient.channels)];
  return channels.map((channel) => {
    const reason = reasonForSilence(about, query, recipient.preferences, channel);
    const timing: Timing = reason ? { when: 'never', reason } : timingOf(query, recipient.preferences, now);
    return { channel, timing };
  });
}

function channelsFor(about: About, query: QueryWishes | null, channels: Channel[]): Channel[] {
  const defaults = channels.filter(({ is_default }) => is_default);
  if (about.type === 'notice' && about.kind === 'channel_disabled') {
    const usable = channels.filter(
      ({ id, status, muted }) => id !== about.channel_id && status === 'verified' && !muted,
    );
    const usableDefaults = usable.filter(({ is_default }) => is_default);
    return usableDefaults.length > 0 ? usableDefaults : usable;
  }
  const chosen = channels.filter(({ id }) => query?.channel_ids?.includes(id));
  return chosen.length > 0 ? chosen : defaults;
}

function nobody(about: About, channels: Channel[]): Plan {
  const [channel = null] = channels;
  const disabled = about.type === 'notice' && about.kind === 'channel_disabled';
  const reason = disabled
    ? 'You have no other channel.'
    : channel
      ? 'None of your channels is a default one, and the query chooses none.'
      : 'You have no channel.';
  return { channel, timing: { when: 'never', reason } };
}

const rank = (severity: Severity) => severitySchema.options.indexOf(severity);

function reasonForSilence(
  about: About,
  query: QueryWishes | null,
  preferences: NotificationPreferences,
  channel: Channel,
): string | null {
  if (about.type === 'alert' && rank(about.severity) < rank(preferences.min_severity)) {
    return `Its severity is below ${preferences.min_severity}, the least that you want to be told of.`;
  }
  if (about.type === 'notice') {
    const aboutSource = about.kind === 'failing' || about.kind === 'recovered';
    if (aboutSource && !preferences.source_notices) return 'You do not want to be told of sources.';
    if (about.kind === 'completed' && !preferences.completed_notices) {
      return 'You do not want to be told of completed queries.';
    }
  }
  if (query?.muted) return 'The query is muted.';
  if (channel.status === 'pending') return unusable.pending;
  if (channel.status === 'disabled') return unusable.disabled;
  if (channel.muted) return 'The channel is muted.';
  if (query?.unsubscribed_channel_ids.includes(channel.id)) {
    return 'The query was unsubscribed from this channel.';
  }
  return null;
}

function timingOf(query: QueryWishes | null, preferences: NotificationPreferences, now: Date): Timing {
  const snoozedUntil = query?.snoozed_until ? new Date(query.snoozed_until) : now;
  const snoozed = snoozedUntil > now;
  const from = snoozed ? snoozedUntil : now;
  if (preferences.mode !== 'immediate') {
    // What is due at the very end of a snooze is due then.
    const due = nextDigest(preferences, snoozed ? new Date(from.getTime() - 1) : from);
    return {
      when: 'digest',
      at: afterQuietHours(preferences, due),
      reason: 'It comes with the next digest.',
    };
  }
  const at = afterQuietHours(preferences, from);
  if (at > from) return { when: 'held', at, reason: 'It is held until your quiet hours end.' };
  if (snoozed) return { when: 'held', at, reason: 'It is held until the snooze of the query ends.' };
  return { when: 'now' };
}

const nextDigest = ({ mode, daily_at, time_zone }: NotificationPreferences, after: Date): Date =>
  mode === 'hourly' ? nextFullHour(after, time_zone) : nextLocalTime(daily_at, time_zone, after);

/** The time itself outside of quiet hours, else their end. */
export function afterQuietHours(
  { quiet_hours, time_zone }: Pick<NotificationPreferences, 'quiet_hours' | 'time_zone'>,
  at: Date,
): Date {
  if (!quiet_hours) return at;
  return windowAround([{ ...quiet_hours, time_zone }], at)?.ends_at ?? at;
}

/** The day of the user's that an instant is in; the end is not included. */
export function localDay(timeZone: string, at: Date): { begins: Date; ends: Date } {
  const ends = nextLocalTime('00:00', timeZone, at);
  // A day has 23 to 25 hours: this is before its midnight, and after that of the day before.
  const dayBefore = new Date(ends.getTime() - 26 * 3_600_000);
  return { begins: nextLocalTime('00:00', timeZone, dayBefore), ends };
}

/** When a digest comes that holds what was beyond the cap of the day. */
export function startOfNextDay(
  preferences: NotificationPreferences,
  now: Date,
): Extract<Timing, { when: 'digest' }> {
  const at = afterQuietHours(preferences, localDay(preferences.time_zone, now).ends);
  const reason = `It is beyond the ${preferences.max_per_day} messages of a day and comes with a digest on the next.`;
  return { when: 'digest', at, reason };
}
