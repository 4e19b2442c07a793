import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jobs } from '@torale/contracts';
import { openPglite, openPostgres, type Database } from '@torale/database';
import { PgBossJobEngine, type JobQueue } from '@torale/job-engine';
import { ApiSession, startPostgres, ToraleProcess, ToraleServices } from '@torale/testing';
import { sql } from 'kysely';
import { median, spread, type Limits } from './limits.ts';
import { processorSeconds, serverOf } from './processor-time.ts';
import type { Reception } from './receiver.ts';

/** What the limit is of: a bare client that sends one request after the other. */
const LOOP = 1;
/** Loops side by side, to see beside it what the receiver and the machine can do. */
const LOOPS = 16;
const USERS = 10;
const DELIVERIES = 3_000;
const PASSES = 3;
const LIMIT = 0.5;
/** How long the receiver takes to answer, milliseconds. */
const DELAYS = [0, 20];
const MADE_WITHIN_MS = 300_000;

const environment = {
  OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
  LOG_LEVEL: 'warn',
};

/** A Torale with deliveries to make. */
interface Sender {
  /** Writes deliveries and their jobs while nobody works on them. */
  enqueue(): Promise<void>;
  /** Has them made. */
  start(): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
  /** Those that work on a delivery, once started. */
  processes(): number[];
}

/**
 * Webhooks a second, from the first that arrives to the last, of deliveries that wait in the job engine; beside the same
 * client in a loop, in a process of its own.
 */
export async function measureDeliveries(limits: Limits): Promise<void> {
  const receiver = await startReceiver();
  for (const delay of DELAYS) {
    const url = `${receiver.url}/${delay}`;
    const what = (who: string) => `receiver answers after ${delay} ms: ${who}`;
    const rates = new Map<string, number[]>();
    const costs = new Map<string, string>();
    let bytes = 0;
    for (const [who, open] of Object.entries({
      'a worker and notifications': openServices,
      standalone: openStandalone,
    })) {
      const own: number[] = [];
      const used: number[] = [];
      const sender = await open(url);
      try {
        for (let pass = 0; pass < PASSES; pass++) {
          await sender.enqueue();
          await receiver.ask('reset');
          await sender.start();
          const before = await processorTime(sender);
          const made = (await receiver.ask('report')).requests;
          own.push(await rateOf(receiver));
          used.push(((await processorTime(sender)) - before) / (DELIVERIES - made));
          bytes = (await receiver.ask('report')).bytes;
          await sender.stop();
        }
      } finally {
        await sender.close();
      }
      rates.set(who, own);
      costs.set(who, spread(used));
    }
    for (const [who, own] of rates) {
      limits.figure(what(`${who}, per second`), spread(own, 0));
      limits.figure(what(`${who}, processor ms per delivery`), costs.get(who)!);
    }
    for (const lanes of [LOOP, LOOPS]) {
      const client = `bare client, ${lanes} at a time`;
      const bare: number[] = [];
      for (let pass = 0; pass < PASSES; pass++)
        bare.push(await rateOfBareClient(receiver, url, lanes, bytes));
      limits.figure(what(`${client}, per second`), spread(bare, 0));
      for (const [who, own] of rates) {
        const ratio = median(own) / median(bare);
        const beside = what(`${who} beside the ${client}`);
        if (lanes === LOOP) limits.atLeast(beside, ratio, LIMIT);
        else limits.figure(beside, ratio.toFixed(2));
      }
    }
  }
  receiver.stop();
}

async function rateOfBareClient(
  receiver: Receiver,
  url: string,
  lanes: number,
  bytes: number,
): Promise<number> {
  await receiver.ask('reset');
  const client = fork(fileURLToPath(new URL('bare-client.ts', import.meta.url)), [
    `${url}/bare`,
    ...[DELIVERIES, lanes, bytes].map(String),
  ]);
  try {
    return await rateOf(receiver);
  } finally {
    client.kill();
  }
}

async function openServices(url: string): Promise<Sender> {
  const cluster = await startPostgres();
  const database = openPostgres({ url: cluster.url, poolSize: 2 });
  const engine = await PgBossJobEngine.startSender(cluster);
  const server = await serverOf(cluster.url);
  const services = await ToraleServices.prepare(cluster, { workers: 1, environment });
  await services.start(['gateway', 'notifications']);
  await createChannels(url, (email) => services.signUp(database, email));
  return {
    enqueue: () => enqueue(database, engine),
    start: () => services.start(['worker-1']),
    stop: async () => void (await services.get('worker-1').stop()),
    processes: () => [services.get('worker-1').pid, services.get('notifications').pid, server],
    async close() {
      await services.stop('SIGKILL');
      await engine.stop(0);
      await database.close();
      await cluster.stop();
    },
  };
}

async function openStandalone(url: string): Promise<Sender> {
  const folder = await mkdtemp(join(tmpdir(), 'torale-bench-'));
  const start = () => ToraleProcess.start('standalone', { ...environment, TORALE_DATA_DIR: folder });
  let running = await start();
  await createChannels(url, (email) => ApiSession.signUp(running.url, email));
  await running.stop();
  return {
    async enqueue() {
      const database = await openPglite({ dataDirectory: folder });
      const engine = await PgBossJobEngine.startSender(database);
      await enqueue(database, engine);
      await engine.stop(0);
      await database.close();
    },
    start: async () => void (running = await start()),
    stop: async () => void (await running.stop()),
    processes: () => [running.pid],
    async close() {
      await running.kill();
      await rm(folder, { recursive: true });
    },
  };
}

/** Users who are told of everything by webhooks only. */
async function createChannels(url: string, signUp: (email: string) => Promise<ApiSession>): Promise<void> {
  for (let number = 0; number < USERS; number++) {
    const user = await signUp(`user-${number}@example.com`);
    await user.addWebhook(`${url}/${number}`);
  }
}

/** Alerts for all users, a delivery of each to the webhook of its user, and their jobs. */
async function enqueue(database: Database, queue: JobQueue): Promise<void> {
  await database.transaction(async (transaction) => {
    const { rows } = await sql<{ delivery_id: string }>`
      with query as (
        insert into user_queries (user_id, raw_query) select id, 'Tell me when the price drops' from auth.users
        returning id, user_id
      ), alert as (
        insert into change_alerts (user_id, user_query_id, source_url, kind, severity, summary, evidence, confidence,
          judged_by)
        select user_id, query.id, 'https://example.com/product', 'change', 'medium',
          'The price of the Aurora X2 camera dropped from $549 to $499.',
          '[{"kind": "edited", "before": "$549.00", "after": "$499.00", "path": ["Aurora X2 camera"],
             "source_url": "https://example.com/product"}]', 0.9, 'rules'
        from query, generate_series(1, ${DELIVERIES / USERS}::int)
        returning id, user_id
      )
      insert into notification_deliveries (user_id, alert_id, channel, channel_id, target)
      select alert.user_id, alert.id, channel.kind, channel.id, channel.target
      from alert join notification_channels channel on channel.user_id = alert.user_id and channel.kind = 'webhook'
      returning id as delivery_id
    `.execute(transaction);
    if (rows.length !== DELIVERIES) throw new Error(`${rows.length} deliveries, not ${DELIVERIES}`);
    await queue.enqueue(transaction, jobs.deliver, rows);
  });
}

interface Receiver {
  url: string;
  ask(what: 'reset' | 'report'): Promise<Reception>;
  stop(): void;
}

async function startReceiver(): Promise<Receiver> {
  const child: ChildProcess = fork(fileURLToPath(new URL('receiver.ts', import.meta.url)));
  const [port] = (await once(child, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    async ask(what) {
      child.send(what);
      return ((await once(child, 'message')) as [Reception])[0];
    },
    stop: () => child.disconnect(),
  };
}

/** Of all processes of a sender so far, milliseconds. */
async function processorTime(sender: Sender): Promise<number> {
  const seconds = await Promise.all(sender.processes().map(processorSeconds));
  return 1000 * seconds.reduce((sum, own) => sum + own, 0);
}

/** Requests per second, when all have come. */
async function rateOf(receiver: Receiver): Promise<number> {
  const deadline = Date.now() + MADE_WITHIN_MS;
  for (;;) {
    const { requests, milliseconds } = await receiver.ask('report');
    if (requests >= DELIVERIES) return (requests / milliseconds) * 1000;
    if (Date.now() > deadline) throw new Error(`${requests} of ${DELIVERIES} deliveries came in time`);
    await sleep(250);
  }
}
