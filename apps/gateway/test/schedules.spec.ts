import type { DiscoverResponse } from '@torale/contracts';
import { insertSource, insertUserQuery } from '@torale/testing';
import { type Api, type GatewayHarness, publicUrl, startGateway } from './gateway-harness.ts';

let gateway: GatewayHarness;
let api: Api;
let userId: string;

const raw_query = 'tell me when the price drops';
const discovered: DiscoverResponse = {
  refined_query: null,
  condition: null,
  sources: [
    { url: publicUrl('/product'), kind: 'page', title: null, origin: 'sentence', reason: 'You named it.' },
  ],
};

beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  gateway.discovery.discover.mockReset().mockResolvedValue(discovered);
  const created = await gateway.newUser();
  api = created.api;
  userId = created.user.id;
});
afterAll(() => gateway.close());

const create = (timing: object) => api.ok('createUserQuery', { body: { raw_query, ...timing } });
const secondsUntil = (time: string) => (Date.parse(time) - Date.now()) / 1000;
const localTime = (time: string, timeZone: string) =>
  new Date(time).toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });

describe('a sentence is checked', () => {
  test('every hour, where nothing is said, after its first check', async () => {
    const { body } = await create({});
    expect(body).toMatchObject({
      check_interval_seconds: 3600,
      schedule: null,
      time_zone: 'UTC',
      check_windows: [],
      check_jitter_seconds: 0,
    });
    expect(secondsUntil(body.sources[0]!.next_check_at)).toBeGreaterThan(3_590);
    expect(secondsUntil(body.sources[0]!.next_check_at)).toBeLessThanOrEqual(3_600);
  });

  test('as a phrase says, which is shown back as cron and in words', async () => {
    const { body } = await create({ schedule: 'Every weekday at 9', time_zone: 'Asia/Kolkata' });
    expect(body).toMatchObject({
      schedule: { cron: '0 9 * * 1-5', time_zone: 'Asia/Kolkata', text: 'At 09:00, Monday through Friday' },
      check_interval_seconds: 86_400,
    });
    expect(localTime(body.sources[0]!.next_check_at, 'Asia/Kolkata')).toBe('09:00');
    expect((await api.ok('getUserQuery', { params: { id: body.id } })).body).toEqual(body);
    const [listed] = (await api.ok('listUserQueries')).body.data;
    expect(listed!.schedule).toEqual(body.schedule);
  });

  test('as an expression says, in its own zone', async () => {
    const { body } = await create({ schedule: { cron: '30 18 * * *', time_zone: 'Europe/Berlin' } });
    expect(body).toMatchObject({ time_zone: 'Europe/Berlin', schedule: { text: 'At 18:30' } });
    expect(localTime(body.sources[0]!.next_check_at, 'Europe/Berlin')).toBe('18:30');
  });

  test('in intervals where no expression says it', async () => {
    const { body } = await create({ schedule: 'every 90 minutes' });
    expect(body).toMatchObject({ schedule: null, check_interval_seconds: 5400 });
  });

  test('within windows, with jitter', async () => {
    const hour = (new Date().getUTCHours() + 3) % 24;
    const from = `${String(hour).padStart(2, '0')}:00`;
    const to = `${String(hour).padStart(2, '0')}:30`;
    const { body } = await create({ check_windows: [{ from, to }], check_jitter_seconds: 3599 });
    expect(body.check_windows).toEqual([
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from, to },
    ]);
    const next = localTime(body.sources[0]!.next_check_at, 'UTC');
    expect(next >= from && next < to).toBe(true);
  });

  test.each([
    ['a phrase that cannot be read', { schedule: 'when it suits you' }, 'schedule'],
    ['an expression of six fields', { schedule: { cron: '0 0 9 * * *' } }, 'schedule.cron'],
    ['an expression that never comes', { schedule: { cron: '0 9 30 2 *' } }, 'schedule.cron'],
    ['an interval below the minimum', { schedule: 'every 30 seconds' }, 'schedule'],
    [
      'two zones',
      { schedule: { cron: '0 9 * * *', time_zone: 'UTC' }, time_zone: 'Asia/Tokyo' },
      'schedule.time_zone',
    ],
    [
      'a schedule and an interval',
      { schedule: 'hourly', check_interval_seconds: 600 },
      'check_interval_seconds',
    ],
    ['a zone that is none', { time_zone: 'Mars/Olympus' }, 'time_zone'],
    ['an offset for a zone', { time_zone: '+02:00' }, 'time_zone'],
    ['a window without an end', { check_windows: [{ from: '09:00' }] }, 'check_windows.0.to'],
    [
      'a window of no day',
      { check_windows: [{ days: [], from: '09:00', to: '10:00' }] },
      'check_windows.0.days',
    ],
    ['a time that is none', { check_windows: [{ from: '24:00', to: '10:00' }] }, 'check_windows.0.from'],
    ['jitter as long as the interval', { check_jitter_seconds: 3600 }, 'check_jitter_seconds'],
  ])('not by %s', async (_, timing, path) => {
    const problem = await api.problem('createUserQuery', { body: { raw_query, ...timing } });
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ path }] });
    expect(gateway.discovery.discover).not.toHaveBeenCalled();
  });
});

describe('another time to check', () => {
  const stored = async (
    query: Parameters<typeof insertUserQuery>[1] = {},
    source: Parameters<typeof insertSource>[1] = {},
  ) => {
    const { id } = await insertUserQuery(gateway.db.database, { user_id: userId, ...query });
    await insertSource(gateway.db.database, { user_query_id: id, ...source });
    return { id };
  };
  const change = async (params: { id: string }, body: object) =>
    (await api.ok('updateUserQuery', { params, body })).body;
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

  test('brings checks forward', async () => {
    const params = await stored({ check_interval_seconds: 86_400 }, { next_check_at: inSeconds(80_000) });
    const { sources } = await change(params, { schedule: 'every 15 minutes' });
    expect(secondsUntil(sources[0]!.next_check_at)).toBeLessThanOrEqual(900);
  });

  test('puts them off, counted from the last one', async () => {
    const params = await stored({}, { next_check_at: inSeconds(60), last_checked_at: inSeconds(-3_000) });
    const { sources } = await change(params, { check_interval_seconds: 86_400 });
    expect(secondsUntil(sources[0]!.next_check_at)).toBeGreaterThan(83_390);
    expect(secondsUntil(sources[0]!.next_check_at)).toBeLessThanOrEqual(83_400);
  });

  test('leaves due what is due', async () => {
    const next_check_at = inSeconds(-60);
    const params = await stored({}, { next_check_at });
    const { sources } = await change(params, { schedule: 'on the first of the month at noon' });
    expect(sources[0]!.next_check_at).toBe(next_check_at);
  });

  test('is not one that was said before', async () => {
    const next_check_at = inSeconds(1_000);
    const params = await stored({}, { next_check_at });
    const { sources } = await change(params, { check_interval_seconds: 3600, time_zone: 'UTC' });
    expect(sources[0]!.next_check_at).toBe(next_check_at);
  });

  test('in another zone is another time', async () => {
    const params = await stored({ schedule_cron: '0 9 * * *' }, { next_check_at: inSeconds(1_000) });
    const body = await change(params, { time_zone: 'America/New_York' });
    expect(body.schedule).toMatchObject({ cron: '0 9 * * *', time_zone: 'America/New_York' });
    expect(localTime(body.sources[0]!.next_check_at, 'America/New_York')).toBe('09:00');
  });

  test('takes the place of the one there was', async () => {
    const params = await stored({ schedule_cron: '0 9 * * *', check_interval_seconds: 86_400 });
    expect(await change(params, { check_interval_seconds: 600 })).toMatchObject({
      schedule: null,
      check_interval_seconds: 600,
    });
    expect(await change(params, { schedule: 'twice a day' })).toMatchObject({
      schedule: { cron: '0 9,21 * * *' },
      check_interval_seconds: 43_200,
    });
    expect(await change(params, { schedule: null })).toMatchObject({
      schedule: null,
      check_interval_seconds: 43_200,
    });
  });

  test('must leave room for jitter', async () => {
    const params = await stored({ check_jitter_seconds: 900 });
    const problem = await api.problem('updateUserQuery', { params, body: { check_interval_seconds: 600 } });
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path: 'check_jitter_seconds' }] });
  });

  test('is kept when something else changes', async () => {
    const next_check_at = inSeconds(1_000);
    const params = await stored({ schedule_cron: '0 9 * * *', check_jitter_seconds: 60 }, { next_check_at });
    const body = await change(params, { notify_behavior: 'always' });
    expect(body).toMatchObject({ schedule: { cron: '0 9 * * *' }, check_jitter_seconds: 60 });
    expect(body.sources[0]!.next_check_at).toBe(next_check_at);
  });

  test('what becomes active again outside of its windows is checked when the next begins', async () => {
    const hour = `${String((new Date().getUTCHours() + 3) % 24).padStart(2, '0')}:00`;
    const check_windows = JSON.stringify([
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: hour, to: hour.replace(/00$/, '30') },
    ]);
    const params = await stored({ status: 'paused', check_windows }, { next_check_at: inSeconds(90_000) });
    const { sources } = await change(params, { status: 'active' });
    expect(localTime(sources[0]!.next_check_at, 'UTC')).toBe(hour);
    expect(secondsUntil(sources[0]!.next_check_at)).toBeLessThan(4 * 3600);
  });

  test('is not a stranger’s to choose', async () => {
    const params = await stored();
    const stranger = (await gateway.newUser()).api;
    const problem = await stranger.problem('updateUserQuery', { params, body: { schedule: 'hourly' } });
    expect(problem).toMatchObject({ code: 'not_found' });
  });
});
