import { randomUUID } from 'node:crypto';
import {
  AppError,
  CHANGE_DETECTOR_API,
  CONTENT_PROCESSOR_API,
  events,
  jobs,
  NOTIFICATIONS_API,
  type EventData,
  type EventDefinition,
  type NotifyRequest,
} from '@torale/contracts';
import { DATABASE } from '@torale/database';
import { appendEvents } from '@torale/events';
import { DEAD_LETTERS, JOB_ENGINE, PgBossJobEngine } from '@torale/job-engine';
import { createTestApplication } from '@torale/service-host';
import { createTestDatabase, createUser, eventually, type TestDatabase } from '@torale/testing';
import { workerConfig, WorkerModule } from '../src/index.ts';

const housekeep = async () => ({ deleted_contents: 0, deleted_snapshots: 0, sources_to_reembed: [] });

describe('the subscriber notifications', () => {
  let testDatabase: TestDatabase;
  let engine: PgBossJobEngine;
  let user_id: string;
  let notify: jest.Mock<Promise<{ delivery_ids: string[] }>, [NotifyRequest]>;
  let replan: jest.Mock<Promise<{ moved: number }>, [{ user_id: string }]>;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    ({ id: user_id } = await createUser(testDatabase.database));
    engine = await PgBossJobEngine.start({ pglite: testDatabase.database.pglite });
    notify = jest.fn().mockResolvedValue({ delivery_ids: [] });
    replan = jest.fn().mockResolvedValue({ moved: 0 });
    const app = await createTestApplication({
      name: 'worker',
      module: WorkerModule,
      config: [workerConfig],
      providers: [
        { provide: DATABASE, useValue: testDatabase.database },
        { provide: JOB_ENGINE, useValue: engine },
        { provide: DEAD_LETTERS, useValue: engine.deadLetters },
        { provide: CONTENT_PROCESSOR_API, useValue: { housekeep } },
        { provide: CHANGE_DETECTOR_API, useValue: {} },
        { provide: NOTIFICATIONS_API, useValue: { notify, replan } },
      ],
    });
    stop = () => app.close();
  });
  afterEach(async () => {
    await stop();
    await testDatabase.close();
  });

  const happens = <E extends EventDefinition>(event: E, data: EventData<E>) =>
    testDatabase.database.transaction((transaction) => appendEvents(transaction, event, [{ user_id, data }]));
  const called = (times: number, withinMs?: number) =>
    eventually(`${times} calls`, async () => notify.mock.calls.length >= times, withinMs);
  const alert = () => ({ alert_id: randomUUID(), user_query_id: randomUUID() });

  test('has each alert told soon after it happened', async () => {
    const alerts = Array.from({ length: 10 }, alert);
    for (const [before, data] of alerts.entries()) {
      await happens(events.alertCreated, data);
      await called(before + 1, 5_000);
    }
    expect(notify.mock.calls).toEqual(alerts.map(({ alert_id }) => [{ alert_id }]));
  });

  test('has each kind of notice told, and what nobody wants told left alone', async () => {
    const ids = Array.from({ length: 4 }, () => randomUUID());
    const [notice_id, second, third, fourth] = ids as [string, string, string, string];
    const source_id = randomUUID();
    await happens(events.sourceChecked, {
      source_id,
      check_id: randomUUID(),
      outcome: 'ok',
      verdict: 'noise',
    });
    await happens(events.sourceFailing, { notice_id, source_id });
    await happens(events.sourceRecovered, { notice_id: second, source_id });
    await happens(events.queryCompleted, { notice_id: third, user_query_id: randomUUID() });
    await happens(events.channelDisabled, { notice_id: fourth, channel_id: randomUUID() });
    await called(4);
    const told = notify.mock.calls.map(([about]) => ('notice_id' in about ? about.notice_id : null));
    expect(told.sort()).toEqual(ids.sort());
  });

  test('has few told of at the same time: those of a user wait for each other, each with a connection', async () => {
    const told = Promise.withResolvers<{ delivery_ids: string[] }>();
    notify.mockReturnValue(told.promise);
    const alerts = Array.from({ length: 60 }, () => ({ user_id, data: alert() }));
    await testDatabase.database.transaction((transaction) =>
      appendEvents(transaction, events.alertCreated, alerts),
    );
    await called(8);
    // Those of a next claim would be there by then.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(notify).toHaveBeenCalledTimes(8);
    told.resolve({ delivery_ids: [] });
    await called(60);
  });

  test('has what is held planned anew when preferences change', async () => {
    await testDatabase.database.kysely
      .insertInto('notification_preferences')
      .values({ user_id, mode: 'daily' })
      .execute();
    await eventually('the plan', async () => replan.mock.calls.length >= 1);
    expect(replan.mock.calls).toEqual([[{ user_id }]]);
  });

  test('tries again when notifications is away, and is done with what was deleted', async () => {
    notify.mockRejectedValueOnce(new AppError('service_unavailable', 'notifications is away'));
    const [away, deleted] = [alert(), alert()];
    await happens(events.alertCreated, away);
    await called(2);
    expect(notify.mock.calls.map(([about]) => about)).toEqual([
      { alert_id: away.alert_id },
      { alert_id: away.alert_id },
    ]);
    notify.mockRejectedValueOnce(new AppError('not_found', 'There is no such alert'));
    await happens(events.alertCreated, deleted);
    await called(3);
    await eventually('the end of all jobs', async () => (await engine.backlog(60_000)) === 0);
    expect((await engine.deadLetters.list({ limit: 10 })).data).toEqual([]);
  });

  test('puts an event that nobody can read among the dead letters, past which the others go', async () => {
    await testDatabase.database.kysely
      .insertInto('events')
      .values({ type: 'alert.created', user_id, data: JSON.stringify({ alert_id: 'not an id' }) })
      .execute();
    const next = alert();
    await happens(events.alertCreated, next);
    await called(1);
    expect(notify.mock.calls).toEqual([[{ alert_id: next.alert_id }]]);
    const letter = await eventually('the dead letter', async () => {
      const { data } = await engine.deadLetters.list({ limit: 10 });
      return data[0];
    });
    expect(letter).toMatchObject({
      queue: jobs.notificationsEvent.queue,
      payload: { type: 'alert.created', data: { alert_id: 'not an id' } },
      attempts: 1,
    });
    expect(letter.error).toContain('alert_id');
  });
});
