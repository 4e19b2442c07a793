import { defaultNotificationPreferences, type NotificationPreferences } from '@torale/contracts';
import {
  type About,
  type Channel,
  localDay,
  planDeliveries,
  type QueryWishes,
  startOfNextDay,
} from './plan-deliveries.ts';

const channel = (id: string, changes: Partial<Channel> = {}): Channel => ({
  id,
  kind: 'email',
  target: `${id}@example.org`,
  status: 'verified',
  is_default: true,
  muted: false,
  ...changes,
});
const wishes = (changes: Partial<QueryWishes> = {}): QueryWishes => ({
  channel_ids: null,
  muted: false,
  snoozed_until: null,
  unsubscribed_channel_ids: [],
  ...changes,
});

const now = '2026-11-22T21:30:00.000Z';

/** One line per channel: where and when, with the reason where there is one. */
function plan({
  about = { type: 'alert', severity: 'medium' },
  query = wishes(),
  channels = [channel('mail')],
  at = now,
  ...preferences
}: {
  about?: About;
  query?: QueryWishes | null;
  channels?: Channel[];
  at?: string;
} & Partial<NotificationPreferences> = {}) {
  const recipient = { preferences: { ...defaultNotificationPreferences, ...preferences }, channels };
  return planDeliveries(about, query, recipient, new Date(at)).map(({ channel: to, timing }) =>
    [
      to?.id ?? 'nobody',
      timing.when,
      ...('at' in timing ? [timing.at.toISOString()] : []),
      ...(timing.when === 'never' ? [timing.reason] : []),
    ].join(' '),
  );
}

const notice = (
  kind: Extract<About, { type: 'notice' }>['kind'],
  channel_id: string | null = null,
): About => ({ type: 'notice', kind, channel_id });

describe('channels', () => {
  const three = [channel('a'), channel('b', { is_default: false }), channel('c')];

  it('are the default ones, unless the query chooses some that still exist', () => {
    expect(plan({ channels: three })).toEqual(['a now', 'c now']);
    expect(plan({ channels: three, query: wishes({ channel_ids: ['b', 'gone'] }) })).toEqual(['b now']);
    expect(plan({ channels: three, query: wishes({ channel_ids: ['gone'] }) })).toEqual(['a now', 'c now']);
  });

  it('that cannot be used are on record with the reason', () => {
    const channels = [
      channel('new', { status: 'pending' }),
      channel('broken', { status: 'disabled' }),
      channel('quiet', { muted: true }),
      channel('ended'),
      channel('good'),
    ];
    expect(plan({ channels, query: wishes({ unsubscribed_channel_ids: ['ended'] }) })).toEqual([
      'new never The channel is not verified.',
      'broken never The channel is disabled.',
      'quiet never The channel is muted.',
      'ended never The query was unsubscribed from this channel.',
      'good now',
    ]);
  });

  it('that are missing altogether leave one line on record', () => {
    expect(plan({ channels: [] })).toEqual(['nobody never You have no channel.']);
    expect(plan({ channels: [channel('a', { is_default: false })] })).toEqual([
      'a never None of your channels is a default one, and the query chooses none.',
    ]);
  });

  it('tell of a disabled one: the other default ones, else whichever can be used', () => {
    const about = notice('channel_disabled', 'a');
    const disabled = channel('a', { status: 'disabled' });
    expect(
      plan({ about, query: null, channels: [disabled, channel('b', { is_default: false }), channel('c')] }),
    ).toEqual(['c now']);
    expect(
      plan({
        about,
        query: null,
        channels: [disabled, channel('b', { is_default: false }), channel('c', { status: 'pending' })],
      }),
    ).toEqual(['b now']);
    expect(plan({ about, query: null, channels: [disabled] })).toEqual([
      'a never You have no other channel.',
    ]);
  });
});

describe('what is not wanted', () => {
  it.each([
    ['low', 'low', 'mail now'],
    ['low', 'medium', 'mail never Its severity is below medium, the least that you want to be told of.'],
    ['medium', 'medium', 'mail now'],
    ['medium', 'high', 'mail never Its severity is below high, the least that you want to be told of.'],
    ['high', 'high', 'mail now'],
  ] as const)('an alert of %s where the least is %s: %s', (severity, min_severity, line) => {
    expect(plan({ about: { type: 'alert', severity }, min_severity })).toEqual([line]);
  });

  it.each([
    ['failing', {}, 'now'],
    ['recovered', {}, 'now'],
    ['failing', { min_severity: 'high' }, 'now'],
    ['failing', { source_notices: false }, 'never You do not want to be told of sources.'],
    ['recovered', { source_notices: false }, 'never You do not want to be told of sources.'],
    ['completed', {}, 'never You do not want to be told of completed queries.'],
    ['completed', { completed_notices: true }, 'now'],
    ['channel_disabled', { source_notices: false, completed_notices: false }, 'now'],
  ] as const)('a notice of %s with %j is told %s', (kind, preferences, line) => {
    expect(plan({ about: notice(kind), ...preferences })).toEqual([`mail ${line}`]);
  });

  it('nothing of a muted query, and muted wins over snoozed, digests and quiet hours', () => {
    const query = wishes({ muted: true, snoozed_until: '2026-11-23T00:00:00.000Z' });
    for (const about of [{ type: 'alert', severity: 'high' } as const, notice('failing')]) {
      expect(plan({ about, query, mode: 'daily', quiet_hours: { from: '20:00', to: '07:00' } })).toEqual([
        'mail never The query is muted.',
      ]);
    }
  });
});

describe('times', () => {
  const night = { from: '22:00', to: '07:00' };
  const berlin = { time_zone: 'Europe/Berlin' };
  const snoozed = (until: string) => ({ query: wishes({ snoozed_until: until }) });

  it.each([
    ['outside of quiet hours', { quiet_hours: night }, 'now'],
    // 21:30 UTC is 22:30 in Berlin.
    ['in quiet hours', { quiet_hours: night, ...berlin }, 'held 2026-11-23T06:00:00.000Z'],
    [
      'in quiet hours of the afternoon',
      { quiet_hours: { from: '21:00', to: '22:00' } },
      'held 2026-11-22T22:00:00.000Z',
    ],
    [
      'of high severity in quiet hours',
      { about: { type: 'alert', severity: 'high' }, quiet_hours: night, ...berlin },
      'held 2026-11-23T06:00:00.000Z',
    ],
    ['snoozed', snoozed('2026-11-22T21:45:00.000Z'), 'held 2026-11-22T21:45:00.000Z'],
    ['whose snooze is over', snoozed('2026-11-22T21:29:59.999Z'), 'now'],
    [
      'snoozed into quiet hours',
      { ...snoozed('2026-11-22T23:00:00.000Z'), quiet_hours: night },
      'held 2026-11-23T07:00:00.000Z',
    ],
    [
      'snoozed past quiet hours',
      { ...snoozed('2026-11-23T12:00:00.000Z'), quiet_hours: night, ...berlin },
      'held 2026-11-23T12:00:00.000Z',
    ],
    ['hourly', { mode: 'hourly' }, 'digest 2026-11-22T22:00:00.000Z'],
    [
      'hourly where hours begin at half',
      { mode: 'hourly', time_zone: 'Asia/Kolkata', at: '2026-11-22T21:29:59.999Z' },
      'digest 2026-11-22T21:30:00.000Z',
    ],
    [
      'hourly at the full hour',
      { mode: 'hourly', at: '2026-11-22T21:00:00.000Z' },
      'digest 2026-11-22T22:00:00.000Z',
    ],
    [
      'hourly in quiet hours',
      { mode: 'hourly', quiet_hours: night, ...berlin },
      'digest 2026-11-23T06:00:00.000Z',
    ],
    [
      'hourly, snoozed up to a full hour',
      { mode: 'hourly', ...snoozed('2026-11-23T03:00:00.000Z') },
      'digest 2026-11-23T03:00:00.000Z',
    ],
    ['daily', { mode: 'daily', daily_at: '08:00', ...berlin }, 'digest 2026-11-23T07:00:00.000Z'],
    [
      'daily on the day itself',
      { mode: 'daily', daily_at: '23:00', ...berlin },
      'digest 2026-11-22T22:00:00.000Z',
    ],
    [
      'daily at a time of quiet hours',
      { mode: 'daily', daily_at: '06:00', quiet_hours: night },
      'digest 2026-11-23T07:00:00.000Z',
    ],
    [
      'daily, snoozed',
      { mode: 'daily', daily_at: '08:00', ...snoozed('2026-11-25T09:00:00.000Z') },
      'digest 2026-11-26T08:00:00.000Z',
    ],
    // The night of 29 March 2026 is an hour short in Berlin, and 02:30 does not exist.
    [
      'daily at a time that is skipped',
      { mode: 'daily', daily_at: '02:30', ...berlin, at: '2026-03-28T12:00:00.000Z' },
      'digest 2026-03-29T01:00:00.000Z',
    ],
    [
      'in quiet hours over a change of the clocks',
      { quiet_hours: night, ...berlin, at: '2026-03-28T23:00:00.000Z' },
      'held 2026-03-29T05:00:00.000Z',
    ],
  ] as const)('%s', (_case, input, line) => {
    expect(plan(input as Parameters<typeof plan>[0])).toEqual([`mail ${line}`]);
  });

  it.each([
    ['UTC', '2026-11-22T21:30:00.000Z', '2026-11-22T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    ['UTC', '2026-11-22T00:00:00.000Z', '2026-11-22T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    ['America/New_York', '2026-11-22T04:59:00.000Z', '2026-11-21T05:00:00.000Z', '2026-11-22T05:00:00.000Z'],
    // 23 and 25 hours long.
    ['Europe/Berlin', '2026-03-29T12:00:00.000Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T12:00:00.000Z', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['Europe/Berlin', '2026-10-26T12:00:00.000Z', '2026-10-25T23:00:00.000Z', '2026-10-26T23:00:00.000Z'],
  ])('the day in %s around %s', (zone, at, begins, ends) => {
    expect(localDay(zone, new Date(at))).toEqual({ begins: new Date(begins), ends: new Date(ends) });
  });

  it('what is beyond the cap comes at the beginning of the next day, after quiet hours', () => {
    const preferences = { ...defaultNotificationPreferences, ...berlin, max_per_day: 3 };
    expect(startOfNextDay(preferences, new Date(now)).at).toEqual(new Date('2026-11-22T23:00:00.000Z'));
    expect(startOfNextDay({ ...preferences, quiet_hours: night }, new Date(now)).at).toEqual(
      new Date('2026-11-23T06:00:00.000Z'),
    );
  });
});
