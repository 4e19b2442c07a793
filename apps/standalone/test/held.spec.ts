import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check, Delivery, OutboxEmail, UserQuery, UserQueryWithSources } from '@torale/contracts';
import { ApiSession, eventually, FakeSite, freePort, productPage, ToraleProcess } from '@torale/testing';

const PATIENCE_MS = 60_000;
/** Long enough to see what is held while it is, also on a slow machine. */
const SNOOZE_MS = 15_000;

/** What is held is told when its time comes or its owner lets it go: once, and after a kill too. */
describe('alerts that are held', () => {
  let dataDirectory: string;
  let site: FakeSite;
  let torale: ToraleProcess;
  let port: number;
  let user: ApiSession;
  let query: UserQueryWithSources;
  let price = 549;

  const start = () =>
    ToraleProcess.start(
      'standalone',
      {
        TORALE_DATA_DIR: dataDirectory,
        OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
        POLITENESS_SPACING_MS: '0',
        PUBLIC_URL: `http://127.0.0.1:${port}`,
      },
      port,
    );
  const deliveries = () => user.all<Delivery>('/notifications/deliveries');
  const mails = () => user.all<OutboxEmail>('/outbox');
  const setQuery = (change: object) => user.expect<UserQuery>('PATCH', `/user-queries/${query.id}`, change);
  const setPreferences = (change: object) => user.expect('PUT', '/notifications/preferences', change);

  /** Has the price drop, and returns the delivery that tells of it, as it is planned. */
  async function drop(): Promise<Delivery> {
    const known = new Set((await deliveries()).map(({ id }) => id));
    site.set('/product', {
      headers: { 'content-type': 'text/html' },
      body: productPage({ price: (price -= 50) }),
    });
    const check = await user.expect<Check>('POST', `/monitored-sources/${query.sources[0]!.id}/check`);
    expect(check).toMatchObject({ verdict: 'alert' });
    let fresh: Delivery | undefined;
    await eventually(
      'its delivery',
      async () => {
        fresh = (await deliveries()).find(({ id, alert_id }) => alert_id !== null && !known.has(id));
        return fresh !== undefined;
      },
      PATIENCE_MS,
    );
    return fresh!;
  }
  /** A time of the day of UTC, hours from now. */
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
  const find = async (id: string) => (await deliveries()).find((delivery) => delivery.id === id)!;
  const isSent = (id: string) =>
    eventually('it to be sent', async () => (await find(id)).status === 'sent', PATIENCE_MS);

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'torale-held-'));
    [site, port] = await Promise.all([FakeSite.start(), freePort()]);
    site.set('/product', { headers: { 'content-type': 'text/html' }, body: productPage({ price }) });
    torale = await start();
    user = await ApiSession.signUp(torale.url, 'ada@example.com');
    query = await user.expect<UserQueryWithSources>('POST', '/user-queries', {
      raw_query: `Tell me whenever the price at ${site.url}/product drops`,
      notify_behavior: 'always',
    });
    await eventually(
      'the first check',
      async () => {
        const checks = await user.all<Check>(`/monitored-sources/${query.sources[0]!.id}/checks`);
        return checks.some(({ status }) => status === 'succeeded');
      },
      PATIENCE_MS,
    );
  }, 180_000);
  afterAll(async () => {
    await torale?.kill();
    await site.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });

  test('a snoozed one comes when the snooze ends, although Torale was killed meanwhile', async () => {
    const snoozed_until = new Date(Date.now() + SNOOZE_MS).toISOString();
    await setQuery({ snoozed_until });
    const { id } = await drop();
    expect(await find(id)).toMatchObject({
      status: 'queued',
      not_before: snoozed_until,
      reason: 'It is held until the snooze of the query ends.',
    });
    await torale.kill();
    torale = await start();
    await isSent(id);
    expect(Date.parse((await find(id)).sent_at!)).toBeGreaterThanOrEqual(Date.parse(snoozed_until));
    expect(await mails()).toHaveLength(1);
  }, 180_000);

  test('one of quiet hours comes when these are taken back', async () => {
    await setPreferences({ quiet_hours: { from: at(-1), to: at(2) } });
    const { id, status, reason } = await drop();
    expect([status, reason]).toEqual(['queued', 'It is held until your quiet hours end.']);
    await setPreferences({ quiet_hours: null });
    await isSent(id);
    expect(await mails()).toHaveLength(2);
  }, 180_000);

  test('one of a digest comes when there are to be no digests', async () => {
    await setPreferences({ mode: 'daily', daily_at: at(12) });
    const { id, status, in_digest_id } = await drop();
    expect(status).toBe('queued');
    expect((await deliveries()).map(({ digest_id }) => digest_id)).toContain(in_digest_id);
    await setPreferences({ mode: 'immediate' });
    await isSent(id);
    expect(await mails()).toHaveLength(3);
  }, 180_000);

  test('one click ends it', async () => {
    const [mail] = await mails();
    const link = /http:\S+\/unsubscribe\?token=\S+/.exec(mail!.text_body)![0];
    expect((await fetch(link)).status).toBe(200);
    const clicked = await fetch(link, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
    expect(clicked.status).toBe(200);
    const { id } = await drop();
    expect(await find(id)).toMatchObject({
      status: 'suppressed',
      reason: 'The query was unsubscribed from this channel.',
    });
    expect(await mails()).toHaveLength(3);
  }, 180_000);
});
