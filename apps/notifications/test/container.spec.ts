import { createServiceClient, signServiceToken } from '@torale/service-client';
import { notificationsContract, type NotificationsApi } from '@torale/contracts';
import { openPostgres, type Database } from '@torale/database';
import {
  eventually,
  FakeTelegram,
  freePort,
  hasPostgres,
  insertAlert,
  insertDelivery,
  startPostgres,
  ToraleProcess,
  WebhookReceiver,
  type PostgresCluster,
} from '@torale/testing';
import { sql } from 'kysely';
import {
  deliverOne,
  insertSealedChannel,
  insertSecret,
  insertWebhook,
  readDelivery,
  sealer,
  secretsKey,
  signingKey,
  serviceTokenSecret,
  webhookSecret,
} from './notifications-fixture.ts';

const inContainer = hasPostgres ? describe : describe.skip;

inContainer('notifications as a process of its own, on Postgres', () => {
  let cluster: PostgresCluster;
  let database: Database;
  let receiver: WebhookReceiver;
  let service: ToraleProcess;
  let notifications: NotificationsApi;
  let environment: Record<string, string>;

  beforeAll(async () => {
    cluster = await startPostgres();
    database = openPostgres({ url: cluster.url, poolSize: 2 });
    receiver = await WebhookReceiver.start();
    environment = {
      DATABASE_URL: cluster.url,
      SERVICE_TOKEN_SECRET: serviceTokenSecret,
      SECRETS_KEY: secretsKey.toString('base64'),
      WEBHOOK_SIGNING_KEY: signingKey,
      OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
      LOG_LEVEL: 'trace',
    };
    service = await ToraleProcess.start('notifications', environment);
    notifications = createServiceClient(notificationsContract, {
      baseUrl: service.url,
      secret: serviceTokenSecret,
      caller: 'worker',
    });
  }, 120_000);
  afterAll(async () => {
    await service?.stop();
    await receiver?.close();
    await database?.close();
    await cluster?.stop();
  });

  const post = (path: string, token: string | undefined, body: unknown) =>
    fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });

  it('takes an alert from its row to the mail and the webhook, with durable jobs between', async () => {
    const alert = await insertAlert(database);
    await insertWebhook(database, alert.user_id, receiver.url);
    const { delivery_ids } = await notifications.notify({ alert_id: alert.id });
    expect(delivery_ids).toHaveLength(2);
    const { rows } = await sql<{ id: string }>`
      select data ->> 'delivery_id' as id from pgboss.job where name = 'deliver'`.execute(database.kysely);
    expect(rows.map(({ id }) => id).sort()).toEqual([...delivery_ids].sort());

    for (const delivery_id of delivery_ids) {
      expect(await deliverOne(notifications, delivery_id)).toMatchObject({
        status: 'sent',
        retry: false,
      });
    }
    expect(receiver.requests).toHaveLength(1);
    const providers = await Promise.all(
      delivery_ids.map(async (id) => (await readDelivery(database, id)).provider),
    );
    expect(providers.sort()).toEqual(['outbox', 'webhook']);
  });

  it('tells a caller what is wrong', async () => {
    await expect(notifications.notify({ alert_id: crypto.randomUUID() })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(deliverOne(notifications, 'not-an-id')).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('answers services only', async () => {
    const body = { delivery_ids: [crypto.randomUUID()] };
    expect((await post('/deliver-batch', undefined, body)).status).toBe(401);
    const forAnother = await signServiceToken(serviceTokenSecret, 'worker', 'discovery');
    expect((await post('/notify', forAnother, { alert_id: crypto.randomUUID() })).status).toBe(401);
    const own = await signServiceToken(serviceTokenSecret, 'worker', 'notifications');
    expect((await post('/deliver-batch', own, body)).status).toBe(200);
  });

  it('never tells a signing secret, even when everything goes wrong', async () => {
    const alert = await insertAlert(database);
    const headers = { authorization: 'Bearer header-of-a-user' };
    await insertWebhook(database, alert.user_id, receiver.url, {
      settings_sealed: await sealer.seal(alert.user_id, { kind: 'webhook', headers }),
      settings: JSON.stringify({ http_message_signatures: true }),
    });
    const broken = await insertWebhook(database, alert.user_id, `${receiver.url}/broken`);
    const brokenSecret = 'whsec_this is not base64!';
    await insertSecret(database, alert.user_id, broken, brokenSecret);
    receiver.answerNext({ status: 500, body: 'broken' });
    const answers: unknown[] = [await notifications.notify({ alert_id: alert.id })];
    const { delivery_ids } = answers[0] as { delivery_ids: string[] };
    for (const delivery_id of delivery_ids) answers.push(await deliverOne(notifications, delivery_id));
    const records = await Promise.all(delivery_ids.map((id) => readDelivery(database, id)));

    expect(records.map(({ status }) => status).sort()).toEqual(['queued', 'queued', 'sent']);
    expect(service.output()).toContain('A channel broke');
    const told = service.output() + JSON.stringify(answers) + JSON.stringify(records);
    expect(receiver.requests.at(-1)!.headers).toMatchObject(headers);
    const keyBody = signingKey.split('\n')[1]!;
    const secrets = [webhookSecret, brokenSecret, serviceTokenSecret, environment.SECRETS_KEY!, keyBody];
    for (const secret of [...secrets, 'header-of-a-user']) {
      expect(told).not.toContain(secret.replace('whsec_', ''));
    }
  });

  it('never tells the token of a bot, which is in the address that it calls', async () => {
    const secret = 'AAE-abcdefghijklmnopqrstuvwxyz12345';
    const telegram = await FakeTelegram.start(`123456789:${secret}`);
    const closed = await freePort();
    const started: ToraleProcess[] = [];
    let told = '';
    for (const TELEGRAM_BASE_URL of [telegram.origin, `http://127.0.0.1:${closed}`]) {
      const process = await ToraleProcess.start('notifications', { ...environment, TELEGRAM_BASE_URL });
      started.push(process);
      const api = createServiceClient(notificationsContract, {
        baseUrl: process.url,
        secret: serviceTokenSecret,
        caller: 'worker',
      });
      for (const chat_id of [telegram.chatIds[0]!, '42']) {
        const alert = await insertAlert(database);
        const channel_id = await insertSealedChannel(database, alert.user_id, {
          kind: 'telegram',
          bot_token: telegram.token,
          chat_id,
        });
        const { id } = await insertDelivery(database, { alert_id: alert.id, channel_id });
        told += JSON.stringify([await deliverOne(api, id), await readDelivery(database, id)]);
        told += JSON.stringify(await api.testChannel({ channel_id }).catch((error: unknown) => error));
      }
      told += process.output();
    }
    await Promise.all([...started.map((process) => process.stop()), telegram.close()]);
    expect(telegram.messages.length).toBeGreaterThanOrEqual(2);
    expect(told).toContain('chat not found');
    expect(told).toMatch(/connection to 127\.0\.0\.1/);
    expect(told).not.toContain(secret);
  }, 120_000);

  it('makes a delivery that it was killed in the middle of', async () => {
    const alert = await insertAlert(database);
    const channel_id = await insertWebhook(database, alert.user_id, receiver.url);
    const { id } = await insertDelivery(database, { alert_id: alert.id, channel_id });
    const before = receiver.requests.length;
    receiver.answerNext('hang');
    const doomed = deliverOne(notifications, id);
    const failure = expect(doomed).rejects.toMatchObject({ code: 'service_unavailable' });
    await eventually('the request', async () => receiver.requests.length > before);
    await service.kill();
    await failure;
    service = await ToraleProcess.start('notifications', environment, service.port);
    const beganAt = (time: number) =>
      sql`
      update notification_deliveries
      set attempts = jsonb_set(attempts, '{0,at}', to_jsonb(${new Date(time).toISOString()}::text))
      where id = ${id}`.execute(database.kysely);

    // However long the start took.
    await beganAt(Date.now());
    expect(await deliverOne(notifications, id)).toMatchObject({
      status: 'sending',
      retry: true,
    });
    await beganAt(Date.now() - 60_000);
    expect(await deliverOne(notifications, id)).toMatchObject({ status: 'sent', retry: false });
    const ids = receiver.requests.slice(before).map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([id, id]);
    expect((await readDelivery(database, id)).attempts).toMatchObject([
      { ok: false, error: expect.stringContaining('interrupted') },
      { ok: true },
    ]);
  }, 120_000);

  it('does not start with a mail provider that lacks its sender', async () => {
    const faulty = ToraleProcess.launch('notifications', await freePort(), {
      ...environment,
      SENDGRID_API_KEY: 'SG.key',
    });
    expect(await faulty.ended()).toMatchObject({ code: 1 });
    expect(faulty.output()).toContain('MAIL_FROM: is required together with SENDGRID_API_KEY');
    expect(faulty.output()).not.toContain('SG.key');
  });
});
