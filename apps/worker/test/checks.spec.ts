import {
  AppError,
  CHANGE_DETECTOR_API,
  CONTENT_PROCESSOR_API,
  jobs,
  NOTIFICATIONS_API,
  type ChangeDetectorApi,
  type ContentProcessorApi,
  type DeliverResult,
  type GiveUpRequest,
  type NotificationsApi,
  type ProcessResponse,
} from '@torale/contracts';
import { DATABASE } from '@torale/database';
import { JOB_ENGINE, PgBossJobEngine } from '@torale/job-engine';
import { createTestApplication } from '@torale/service-host';
import {
  createTestDatabase,
  eventually,
  insertCheckRun,
  insertContent,
  insertSource,
  insertUserQuery,
  type TestDatabase,
} from '@torale/testing';
import { workerConfig, WorkerModule } from '../src/index.ts';

/** The other services as the worker sees them: through their contracts. */
class Services {
  processed: string[] = [];
  queued: (boolean | undefined)[] = [];
  detected: { check_id: string; content_id: string }[] = [];
  notified: string[] = [];
  delivered: string[] = [];
  process: (sourceId: string) => Promise<ProcessResponse> = async () => {
    throw new Error('not scripted');
  };
  deliver: () => Omit<DeliverResult, 'delivery_id'> = () => sent;
  givenUp: GiveUpRequest[] = [];

  readonly contentProcessor: Pick<ContentProcessorApi, 'process' | 'housekeep'> = {
    housekeep: async () => ({ deleted_contents: 0, deleted_snapshots: 0, sources_to_reembed: [] }),
    process: async ({ source_id, has_queued }) => {
      this.processed.push(source_id);
      this.queued.push(has_queued);
      return this.process(source_id);
    },
  };
  readonly changeDetector: Pick<ChangeDetectorApi, 'detect'> = {
    detect: async (request) => {
      this.detected.push(request);
      return { verdict: 'changed', reason: 'scripted', alert_id: null, severity: null };
    },
  };
  readonly notifications: Pick<NotificationsApi, 'notify' | 'deliverBatch' | 'giveUp'> = {
    notify: async (about) => {
      this.notified.push('alert_id' in about ? about.alert_id : about.notice_id);
      return { delivery_ids: [] };
    },
    deliverBatch: ({ delivery_ids }) => this.deliverEach(delivery_ids),
    giveUp: async (request) => {
      this.givenUp.push(request);
      return { status: 'failed' };
    },
  };

  private async *deliverEach(deliveryIds: string[]): AsyncIterable<DeliverResult> {
    for (const delivery_id of deliveryIds) {
      this.delivered.push(delivery_id);
      yield { delivery_id, ...this.deliver() };
    }
  }
}

const sent = { status: 'sent', retry: false, retry_after_seconds: null, detail: null } as const;

describe('the worker', () => {
  let testDatabase: TestDatabase;
  let services: Services;
  let engine: PgBossJobEngine;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    services = new Services();
    engine = await PgBossJobEngine.start({ pglite: testDatabase.database.pglite });
  });

  afterEach(async () => {
    await stop();
    await testDatabase.close();
  });

  async function start(): Promise<void> {
    const app = await createTestApplication({
      name: 'worker',
      module: WorkerModule,
      config: [workerConfig],
      environment: { DISPATCH_INTERVAL_MS: '50' },
      providers: [
        { provide: DATABASE, useValue: testDatabase.database },
        { provide: JOB_ENGINE, useValue: engine },
        { provide: CONTENT_PROCESSOR_API, useValue: services.contentProcessor },
        { provide: CHANGE_DETECTOR_API, useValue: services.changeDetector },
        { provide: NOTIFICATIONS_API, useValue: services.notifications },
      ],
    });
    stop = () => app.close();
  }

  const checksOf = (sourceId: string) =>
    testDatabase.database.kysely
      .selectFrom('check_runs')
      .selectAll()
      .where('source_id', '=', sourceId)
      .orderBy('created_at')
      .execute();
  const sourceById = (id: string) =>
    testDatabase.database.kysely
      .selectFrom('monitored_sources')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
  const finishedCheck = (sourceId: string) =>
    eventually('a finished check', async () =>
      (await checksOf(sourceId)).find((check) => check.finished_at !== null),
    );
  const contentOf = async (sourceId: string) =>
    (await insertContent(testDatabase.database, { source_id: sourceId })).id;

  test('checks what is due, once, and says when it is due again', async () => {
    const due = await insertSource(testDatabase.database, {
      next_check_at: new Date(Date.now() - 3_600_000),
    });
    const later = await insertSource(testDatabase.database, {
      next_check_at: new Date(Date.now() + 3_600_000),
    });
    const content_id = await contentOf(due.id);
    services.process = async () => ({ outcome: 'ok', http_status: 200, content_id, detail: null });
    await start();

    const check = await eventually('the check', async () =>
      services.detected.length > 0 ? services.detected[0] : null,
    );
    expect(check.content_id).toBe(content_id);
    expect(services.processed).toEqual([due.id]);
    const [run, ...more] = await checksOf(due.id);
    expect(more).toEqual([]);
    expect(run).toMatchObject({ id: check.check_id, trigger: 'schedule', status: 'running' });
    const secondsToNext = (Date.parse((await sourceById(due.id)).next_check_at) - Date.now()) / 1000;
    expect(secondsToNext).toBeGreaterThan(3_500);
    expect(secondsToNext).toBeLessThanOrEqual(3_600);
    expect(await checksOf(later.id)).toEqual([]);
  });

  test('content that was judged already needs no judge', async () => {
    const source = await insertSource(testDatabase.database);
    const content_id = await contentOf(source.id);
    await testDatabase.database.kysely
      .updateTable('monitored_sources')
      .set({ judged_content_id: content_id, consecutive_failures: 2, last_error: 'gone' })
      .where('id', '=', source.id)
      .execute();
    services.process = async () => ({ outcome: 'not_modified', http_status: 304, content_id, detail: null });
    await start();

    expect(await finishedCheck(source.id)).toMatchObject({
      status: 'succeeded',
      outcome: 'not_modified',
      verdict: 'unchanged',
    });
    expect(services.detected).toEqual([]);
    expect(await sourceById(source.id)).toMatchObject({
      last_outcome: 'not_modified',
      last_error: null,
      consecutive_failures: 0,
    });
  });

  test('content that was stored and never judged is judged, though the page has not changed since', async () => {
    const source = await insertSource(testDatabase.database);
    const [judged, stored] = [await contentOf(source.id), await contentOf(source.id)];
    await testDatabase.database.kysely
      .updateTable('monitored_sources')
      .set({ judged_content_id: judged, latest_content_id: stored })
      .where('id', '=', source.id)
      .execute();
    services.process = async () => ({
      outcome: 'not_modified',
      http_status: 304,
      content_id: stored,
      detail: null,
    });
    await start();
    await eventually('the judge', async () => services.detected.length > 0);
    expect(services.detected[0]!.content_id).toBe(stored);
  });

  test('a page that cannot be read is noted on its source and never judged', async () => {
    const source = await insertSource(testDatabase.database);
    services.process = async () => ({
      outcome: 'server_error',
      http_status: 500,
      content_id: null,
      detail: 'The site answered 500.',
    });
    await start();
    expect(await finishedCheck(source.id)).toMatchObject({
      status: 'failed',
      outcome: 'server_error',
      verdict: null,
      reason: 'The site answered 500.',
    });
    expect(await sourceById(source.id)).toMatchObject({
      last_outcome: 'server_error',
      last_error: 'The site answered 500.',
      consecutive_failures: 1,
    });
    expect(services.detected).toEqual([]);
  });

  test('a check that is not its turn at a host yet is put back, holds no place, and goes first later', async () => {
    const source = await insertSource(testDatabase.database);
    const content_id = await contentOf(source.id);
    let turn: number | undefined;
    services.process = async () =>
      Date.now() < (turn ??= Date.now() + 2000)
        ? {
            outcome: 'deferred',
            retry_at: new Date(turn).toISOString(),
            http_status: null,
            content_id: null,
            detail: 'Others are before this',
          }
        : { outcome: 'ok', http_status: 200, content_id, detail: null };
    await start();

    const waiting = await eventually('the check to be put back', async () =>
      (await checksOf(source.id)).find((check) => check.reason !== null),
    );
    expect(waiting).toMatchObject({
      status: 'queued',
      enqueued_at: null,
      started_at: null,
      finished_at: null,
      outcome: null,
      reason: 'Others are before this',
    });
    expect(await sourceById(source.id)).toMatchObject({ consecutive_failures: 0, last_checked_at: null });
    await eventually('the judgement', async () => services.detected.length === 1);
    expect(services.detected[0]!.check_id).toBe(waiting.id);
    expect(Date.now()).toBeGreaterThanOrEqual(turn!);
    expect(services.queued).toEqual([false, true]);
  });

  test('a service that is away is asked again until it is back', async () => {
    const source = await insertSource(testDatabase.database);
    const content_id = await contentOf(source.id);
    services.process = async () => {
      if (services.processed.length < 2)
        throw new AppError('service_unavailable', 'content-processor is away');
      return { outcome: 'ok', http_status: 200, content_id, detail: null };
    };
    await start();
    await eventually('the judge', async () => services.detected.length > 0);
    expect(services.processed).toEqual([source.id, source.id]);
  });

  test.each(['paused', 'completed'] as const)('sources of a %s query are not checked', async (status) => {
    const query = await insertUserQuery(testDatabase.database, { status });
    const source = await insertSource(testDatabase.database, { user_query_id: query.id });
    const requested = await insertCheckRun(testDatabase.database, { source_id: source.id });
    await start();
    expect(await finishedCheck(source.id)).toMatchObject({
      id: requested.id,
      status: 'cancelled',
      reason: `The user query is ${status}.`,
    });
    expect(await checksOf(source.id)).toHaveLength(1);
    expect(services.processed).toEqual([]);
  });

  test('a check that was running when its process died is run again, as the same check', async () => {
    const source = await insertSource(testDatabase.database, {
      next_check_at: new Date(Date.now() + 3_600_000),
    });
    const content_id = await contentOf(source.id);
    const interrupted = await insertCheckRun(testDatabase.database, {
      source_id: source.id,
      status: 'running',
      enqueued_at: new Date(),
      started_at: new Date(),
    });
    await testDatabase.database.transaction((transaction) =>
      engine.enqueue(transaction, jobs.runCheck, [{ check_id: interrupted.id, source_id: source.id }]),
    );
    services.process = async () => ({ outcome: 'ok', http_status: 200, content_id, detail: null });
    await start();
    await eventually('the judge', async () => services.detected.length > 0);
    expect(services.detected).toEqual([{ check_id: interrupted.id, content_id }]);
  });

  test('a check whose job is lost does not block its source for ever', async () => {
    const source = await insertSource(testDatabase.database, {
      next_check_at: new Date(Date.now() + 3_600_000),
    });
    const content_id = await contentOf(source.id);
    const longAgo = new Date(Date.now() - 3_600_000);
    const lost = await insertCheckRun(testDatabase.database, {
      source_id: source.id,
      status: 'running',
      queued_at: longAgo,
      enqueued_at: longAgo,
      started_at: longAgo,
    });
    services.process = async () => ({ outcome: 'ok', http_status: 200, content_id, detail: null });
    await start();
    await eventually('the judge', async () => services.detected.length > 0);
    expect(services.detected[0]!.check_id).toBe(lost.id);
  });

  test('a delivery that asks for another try gets one', async () => {
    const alert_id = crypto.randomUUID();
    const delivery_id = crypto.randomUUID();
    services.deliver = () =>
      services.delivered.length < 2
        ? { status: 'queued', retry: true, retry_after_seconds: null, detail: 'the receiver answered 503' }
        : sent;
    await testDatabase.database.transaction(async (transaction) => {
      await engine.enqueue(transaction, jobs.notificationsEvent, [
        { event_id: 1, type: 'alert.created', data: { alert_id, user_query_id: crypto.randomUUID() } },
      ]);
      await engine.enqueue(transaction, jobs.deliver, [{ delivery_id }]);
    });
    await start();
    await eventually('both tries', async () => services.delivered.length === 2);
    expect(services.delivered).toEqual([delivery_id, delivery_id]);
    expect(services.notified).toEqual([alert_id]);
  });

  test('a delivery whose receiver says when to come again is made then', async () => {
    services.deliver = () => ({
      status: 'queued',
      retry: true,
      retry_after_seconds: 300,
      detail: 'slow down',
    });
    await enqueueDelivery();
    await start();
    const [job] = await eventually('the next try', async () => {
      const rows = await jobsOf(jobs.deliver.queue);
      return rows.some(({ state }) => state === 'retry') && rows;
    });
    expect(job!.wait).toBeGreaterThan(295);
    expect(job!.wait).toBeLessThanOrEqual(330);
  });

  test('a delivery that is given up is settled, and is a dead letter', async () => {
    services.deliver = () => ({ status: 'queued', retry: true, retry_after_seconds: null, detail: 'gone' });
    const delivery_id = await enqueueDelivery();
    await testDatabase.database.pglite.query('update pgboss.job set retry_limit = 0');
    await start();
    await eventually('to be settled', async () => services.givenUp.length > 0);
    expect(services.givenUp).toEqual([{ delivery_id, detail: 'gone' }]);
    const { data } = await engine.deadLetters.list({ limit: 10 });
    expect(data).toMatchObject([{ queue: 'deliver', payload: { delivery_id }, error: 'gone', attempts: 1 }]);
  });

  test('what was deleted meanwhile is not tried again', async () => {
    services.deliver = () => ({ status: null, retry: false, retry_after_seconds: null, detail: null });
    await enqueueDelivery();
    await start();
    await eventually('the try', async () => services.delivered.length > 0);
    // What is done leaves the queue.
    await eventually('the end', async () => (await jobsOf(jobs.deliver.queue)).length === 0);
    expect(services.givenUp).toEqual([]);
  });

  async function enqueueDelivery(): Promise<string> {
    const delivery_id = crypto.randomUUID();
    await testDatabase.database.transaction((transaction) =>
      engine.enqueue(transaction, jobs.deliver, [{ delivery_id }]),
    );
    return delivery_id;
  }
  async function jobsOf(queue: string) {
    const { rows } = await testDatabase.database.pglite.query<{ state: string; wait: number }>(
      `select state, extract(epoch from start_after - now())::float8 as wait from pgboss.job where name = $1`,
      [queue],
    );
    return rows;
  }
});
