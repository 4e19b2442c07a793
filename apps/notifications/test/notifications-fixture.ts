import { generateKeyPairSync } from 'node:crypto';
import {
  NOTIFICATIONS_API,
  type DeliverResult,
  type DeliveryAttempt,
  type NotificationsApi,
  type SealedChannelSettings,
} from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { JOB_QUEUE, type JobQueue } from '@torale/job-engine';
import { createOutboundHttp, OUTBOUND_HTTP, outboundHttpConfig } from '@torale/outbound-http';
import { createLinkSigner, createSealer, LINK_SIGNER, SEALER } from '@torale/secrets';
import { createTestApplication, serviceTokenConfig } from '@torale/service-host';
import { insertAlert, insertChannel, insertDelivery } from '@torale/testing';
import { sql } from 'kysely';
import { notificationsConfig, NotificationsHttpModule } from '../src/index.ts';
import { type Clock, CLOCK } from '../src/planning/clock.ts';
import { WEBHOOK_SIGNING_KEYS, webhookSigningKeys } from '../src/signatures/webhook-signing-keys.ts';
import { makeVapidKeys, readVapidKeys, VAPID_KEYS } from '../src/web-push/vapid-keys.ts';

export const serviceTokenSecret = 'a secret of these tests, 32 characters or more';
export const secretsKey = Buffer.alloc(32, 'a key of these tests');
export const sealer = createSealer(secretsKey);
export const signingKey = generateKeyPairSync('ed25519')
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
export const vapidKeys = readVapidKeys(makeVapidKeys(), 'mailto:operator@example.org');
export const webhookSecret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

/** Jobs as rows of the same database, so that what a rolled back transaction enqueued is gone. */
class JobTable implements JobQueue {
  static async create(database: Database): Promise<JobTable> {
    await sql`
      create table if not exists enqueued_jobs (
        number int generated always as identity, queue text, payload jsonb, start_after timestamptz(3)
      )`.execute(database.kysely);
    return new JobTable(database);
  }

  private constructor(private readonly database: Database) {}

  enqueue: JobQueue['enqueue'] = async (transaction, job, payloads, options) => {
    for (const payload of payloads) {
      await sql`insert into enqueued_jobs (queue, payload, start_after)
        values (${job.queue}, ${JSON.stringify(payload)}::jsonb, ${options?.start_after ?? null})`.execute(
        transaction,
      );
    }
  };

  /** In the order in which they were enqueued. */
  async list(): Promise<{ queue: string; payload: unknown }[]> {
    const { rows } = await sql<{
      queue: string;
      payload: unknown;
    }>`select queue, payload from enqueued_jobs order by number`.execute(this.database.kysely);
    return rows;
  }

  /** When the jobs of a delivery run; null: at once. */
  async timesOf(deliveryId: string): Promise<(string | null)[]> {
    const { rows } = await sql<{ start_after: string | null }>`
      select start_after from enqueued_jobs where payload ->> 'delivery_id' = ${deliveryId}
      order by start_after nulls first`.execute(this.database.kysely);
    return rows.map(({ start_after }) => start_after);
  }

  async clear(): Promise<void> {
    await sql`delete from enqueued_jobs`.execute(this.database.kysely);
  }
}

/** The service on real parts: HTTP, database, outbound door (loopback opened). */
export async function startNotifications(
  database: Database,
  environment: Record<string, string> = {},
  clock: Clock = () => new Date(),
) {
  const jobs = await JobTable.create(database);
  const outbound = outboundHttpConfig.schema.parse({ OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8' });
  const app = await createTestApplication({
    name: 'notifications',
    module: NotificationsHttpModule,
    config: [notificationsConfig, serviceTokenConfig],
    environment: { SERVICE_TOKEN_SECRET: serviceTokenSecret, ...environment },
    providers: [
      { provide: DATABASE, useValue: database },
      { provide: JOB_QUEUE, useValue: jobs },
      { provide: CLOCK, useValue: clock },
      { provide: SEALER, useValue: sealer },
      { provide: LINK_SIGNER, useValue: createLinkSigner(secretsKey) },
      { provide: WEBHOOK_SIGNING_KEYS, useValue: await webhookSigningKeys(signingKey) },
      { provide: VAPID_KEYS, useValue: vapidKeys },
      { provide: OUTBOUND_HTTP, useValue: createOutboundHttp(outbound) },
    ],
  });
  return { app, jobs, api: app.get<NotificationsApi>(NOTIFICATIONS_API) };
}

/** A verified webhook of the user's, signed with `webhookSecret`; `overrides` are columns of its channel. */
export async function insertWebhook(
  database: Database,
  userId: string,
  url: string,
  overrides: Parameters<typeof insertChannel>[1] = {},
): Promise<string> {
  const settings_sealed = await sealer.seal(userId, { kind: 'webhook', headers: {} });
  const channel = {
    user_id: userId,
    kind: 'webhook' as const,
    target: url,
    settings_sealed,
    ...overrides,
  };
  const { id } = await insertChannel(database, channel);
  await insertSecret(database, userId, id, webhookSecret);
  return id;
}

export async function insertSecret(
  database: Database,
  userId: string,
  channelId: string,
  secret: string,
  times: { created_at?: Date; expires_at?: Date } = {},
): Promise<void> {
  await database.kysely
    .insertInto('channel_secrets')
    .values({
      user_id: userId,
      channel_id: channelId,
      secret_sealed: await sealer.seal(userId, secret),
      ...times,
    })
    .execute();
}

/** A verified channel of a chat, ntfy or a browser. */
export async function insertSealedChannel(
  database: Database,
  userId: string,
  settings: SealedChannelSettings,
  overrides: Parameters<typeof insertChannel>[1] = {},
): Promise<string> {
  const { id } = await insertChannel(database, {
    user_id: userId,
    kind: settings.kind,
    target: `a ${settings.kind} channel`,
    settings_sealed: await sealer.seal(userId, settings),
    ...overrides,
  });
  return id;
}

/** A queued delivery to a webhook of its own user; `alert` overrides the alert. */
export async function insertWebhookDelivery(
  database: Database,
  url: string,
  alert: Parameters<typeof insertAlert>[1] = {},
) {
  const { id: alert_id, user_id } = await insertAlert(database, alert);
  const channel_id = await insertWebhook(database, user_id, url);
  return { ...(await insertDelivery(database, { alert_id, channel_id })), channel_id };
}

/** One attempt, as a batch of one. */
export async function deliverOne(
  notifications: NotificationsApi,
  deliveryId: string,
): Promise<DeliverResult> {
  const [result] = await deliverAll(notifications, [deliveryId]);
  return result!;
}

/** In the order in which they ended. */
export async function deliverAll(
  notifications: NotificationsApi,
  delivery_ids: string[],
): Promise<DeliverResult[]> {
  const results: DeliverResult[] = [];
  for await (const result of notifications.deliverBatch({ delivery_ids })) results.push(result);
  return results;
}

export async function readDelivery(database: Database, id: string) {
  const row = await database.kysely
    .selectFrom('notification_deliveries')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { ...row, attempts: row.attempts as DeliveryAttempt[] };
}
