import type { NotificationPreferences, NotificationsApi } from '@torale/contracts';
import { openPostgres, type Database } from '@torale/database';
import {
  createUser,
  hasPostgres,
  insertAlert,
  insertSource,
  type PostgresCluster,
  startPostgres,
} from '@torale/testing';
import { deliverAll, deliverOne, startNotifications } from './notifications-fixture.ts';

/** Two services, of which one’s clock is ahead, on one Postgres: here everything truly happens at the same time. */
(hasPostgres ? describe : describe.skip)('two services at once', () => {
  let cluster: PostgresCluster;
  let databases: [Database, Database];
  let services: Awaited<ReturnType<typeof startNotifications>>[];
  let apis: [NotificationsApi, NotificationsApi];
  let now: [Date, Date];

  beforeAll(async () => {
    cluster = await startPostgres();
    const open = () => openPostgres({ url: cluster.url, poolSize: 8 });
    databases = [open(), open()];
    services = [
      await startNotifications(databases[0], {}, () => now[0]),
      await startNotifications(databases[1], {}, () => now[1]),
    ];
    apis = services.map(({ api }) => api) as typeof apis;
  }, 120_000);
  afterAll(async () => {
    await Promise.all(services.map(({ app }) => app.close()));
    await Promise.all(databases.map((database) => database.close()));
    await cluster.stop();
  });

  async function userWith(preferences: Partial<Omit<NotificationPreferences, 'quiet_hours'>>) {
    const user = await createUser(databases[0]);
    await databases[0].kysely
      .insertInto('notification_preferences')
      .values({ user_id: user.id, ...preferences })
      .execute();
    const source = await insertSource(databases[0], { user_id: user.id });
    const raise = async (count: number) => {
      const alerts = Array.from({ length: count }, () => insertAlert(databases[0], { source_id: source.id }));
      return (await Promise.all(alerts)).map(({ id }) => id);
    };
    return { user, raise };
  }
  const tellOf = (ids: string[], api: (index: number) => NotificationsApi) =>
    Promise.all(ids.map((alert_id, index) => api(index).notify({ alert_id })));
  const deliveriesOf = (userId: string) =>
    databases[0].kysely
      .selectFrom('notification_deliveries')
      .selectAll()
      .where('user_id', '=', userId)
      .execute();
  const mailsOf = (userId: string) =>
    databases[0].kysely.selectFrom('outbox_emails').select('id').where('user_id', '=', userId).execute();
  const alternately = (index: number) => apis[index % 2]!;

  it('keep to one cap, and put the rest into one digest', async () => {
    // Deliveries are dated by the database: noon of today, by the user's clock.
    const offset = new Date().getUTCHours() - 12;
    const time_zone = `Etc/GMT${offset < 0 ? '-' : '+'}${Math.abs(offset)}`;
    now = [new Date(), new Date()];
    const { user, raise } = await userWith({ max_per_day: 3, time_zone });
    const told = await tellOf(await raise(20), alternately);
    const ids = told.flatMap(({ delivery_ids }) => delivery_ids);
    await Promise.all(
      [0, 1, 2, 3].map((part) => deliverAll(alternately(part), ids.slice(5 * part, 5 * part + 5))),
    );

    const deliveries = await deliveriesOf(user.id);
    const alerts = deliveries.filter(({ alert_id }) => alert_id !== null);
    expect(alerts.filter(({ status }) => status === 'sent')).toHaveLength(3);
    const digests = deliveries.filter(({ digest_id }) => digest_id !== null);
    expect(digests).toHaveLength(1);
    expect(alerts.filter(({ in_digest_id }) => in_digest_id === digests[0]!.digest_id)).toHaveLength(17);
    expect(await mailsOf(user.id)).toHaveLength(3);
  });

  it('lose nothing that comes while its digest is sent, and send nothing twice', async () => {
    // The second is a second behind: it still plans for the digest that the first already sends.
    now = [new Date('2031-05-14T10:00:00.000Z'), new Date('2031-05-14T09:59:59.000Z')];
    const { user, raise } = await userWith({ mode: 'hourly' });
    const [early, late] = [await raise(5), await raise(25)];
    await tellOf(early, () => apis[1]);
    const [digest] = (await deliveriesOf(user.id)).filter(({ digest_id }) => digest_id !== null);
    const [sent] = await Promise.all([
      Promise.all([deliverOne(apis[0], digest!.id), deliverOne(apis[0], digest!.id)]),
      tellOf(late, () => apis[1]),
    ]);
    expect(sent.map(({ status }) => status)).toContain('sent');

    const deliveries = await deliveriesOf(user.id);
    const first = deliveries.find(({ id }) => id === digest!.id)!;
    const members = deliveries.filter(({ alert_id }) => alert_id !== null);
    expect(members).toHaveLength(30);
    const { text_body } = await databases[0].kysely
      .selectFrom('outbox_emails')
      .select('text_body')
      .where('delivery_id', '=', digest!.id)
      .executeTakeFirstOrThrow();
    const inFirst = members.filter(({ in_digest_id }) => in_digest_id === first.digest_id);
    expect(text_body).toContain(`${inFirst.length} alerts up to`);
    for (const { status } of inFirst) expect(status).toBe('sent');
    const later = deliveries.filter(({ digest_id, id }) => digest_id !== null && id !== digest!.id);
    for (const member of members.filter((candidate) => !inFirst.includes(candidate))) {
      expect(member.status).toBe('queued');
      const its = later.find(({ digest_id }) => digest_id === member.in_digest_id)!;
      expect(Date.parse(its.not_before!)).toBeGreaterThan(now[0].getTime());
    }
  });

  it('do not lock each other out while preferences change', async () => {
    now = [new Date('2031-05-14T10:00:00.000Z'), new Date('2031-05-14T10:00:00.000Z')];
    const { user, raise } = await userWith({ mode: 'hourly' });
    const ids = await raise(30);
    const modes = ['daily', 'immediate', 'hourly', 'daily', 'immediate'] as const;
    await Promise.all([
      tellOf(ids, alternately),
      (async () => {
        for (const mode of modes) {
          await databases[1].kysely
            .updateTable('notification_preferences')
            .set({ mode })
            .where('user_id', '=', user.id)
            .execute();
          await Promise.all(apis.map((api) => api.replan({ user_id: user.id })));
        }
      })(),
    ]);
    await apis[0].replan({ user_id: user.id });
    const alerts = (await deliveriesOf(user.id)).filter(({ alert_id }) => alert_id !== null);
    expect(alerts).toHaveLength(30);
    for (const { not_before, in_digest_id } of alerts)
      expect([not_before, in_digest_id]).toEqual([null, null]);
    await Promise.all(
      [0, 1].map((half) =>
        deliverAll(
          apis[half]!,
          alerts.slice(15 * half, 15 * half + 15).map(({ id }) => id),
        ),
      ),
    );
    expect(await mailsOf(user.id)).toHaveLength(30);
  });
});
