import { randomUUID } from 'node:crypto';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { AppError, jobs, type JobPayload } from '@torale/contracts';
import { createTestDatabase, eventually, type TestDatabase } from '@torale/testing';
import { sql } from 'kysely';
import {
  GivenUpHandler,
  JobHandler,
  JobServer,
  PgBossJobEngine,
  type GivenUpContext,
  type JobContext,
} from '../src/index.ts';

type Delivery = JobPayload<typeof jobs.deliver>;

const tries: { id: string; attempt: number; signal: AbortSignal }[] = [];
const givenUp: { id: string; error: Error; attempts: number }[] = [];
let answer: (attempt: number) => Promise<unknown>;

@Controller()
class Deliveries {
  @JobHandler(jobs.deliver, { concurrency: (settings: { places: number }) => settings.places })
  async deliver(@Payload() { delivery_id }: Delivery, @Ctx() { attempt, signal }: JobContext) {
    tries.push({ id: delivery_id, attempt, signal });
    await answer(attempt);
  }

  @GivenUpHandler(jobs.deliver)
  async giveUp(@Payload() { delivery_id }: Delivery, @Ctx() { error, attempts }: GivenUpContext) {
    givenUp.push({ id: delivery_id, error, attempts });
  }
}

@Module({ controllers: [Deliveries] })
class Application {}

@Controller()
class Again {
  @JobHandler(jobs.deliver)
  async deliver(): Promise<void> {}
}

@Module({ controllers: [Deliveries, Again] })
class TwoForOneJob {}

describe('handlers of a controller', () => {
  let testDatabase: TestDatabase;
  let engine: PgBossJobEngine;
  let app: INestMicroservice | undefined;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
  });
  afterAll(() => testDatabase.close());
  beforeEach(async () => {
    tries.length = givenUp.length = 0;
    engine = await PgBossJobEngine.start({ pglite: testDatabase.database.pglite });
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await engine.stop(0);
    await sql`delete from pgboss.job`.execute(testDatabase.database.kysely);
  });

  async function start(module = Application): Promise<void> {
    app = await NestFactory.createMicroservice<MicroserviceOptions>(module, {
      strategy: new JobServer(engine, { settings: { places: 2 }, graceMs: 1_000 }),
      logger: false,
      abortOnError: false,
    });
    await app.listen();
  }
  async function enqueue(): Promise<string> {
    const delivery_id = randomUUID();
    await testDatabase.database.transaction((transaction) =>
      engine.enqueue(transaction, jobs.deliver, [{ delivery_id }]),
    );
    return delivery_id;
  }
  async function inQueue() {
    const { rows } = await sql<{ state: string; output: { message: string } | null }>`
      select state::text as state, output from pgboss.job where name = ${jobs.deliver.queue}`.execute(
      testDatabase.database.kysely,
    );
    return rows;
  }

  test('get the payload and the context of a job', async () => {
    answer = async () => undefined;
    await start();
    const id = await enqueue();
    const first = await eventually('the job', async () => tries[0]);
    expect(first).toMatchObject({ id, attempt: 1 });
    expect(first.signal).toBeInstanceOf(AbortSignal);
  });

  test.each([
    ['an error', new TypeError('the receiver answered 500')],
    ['an AppError', new AppError('service_unavailable', 'the receiver answered 500')],
    ['what is no error', { message: 'the receiver answered 500' }],
  ])('that throw %s leave a failed job with that error, which is tried again', async (_, error) => {
    answer = async (attempt) => {
      if (attempt === 1) throw error;
    };
    await start();
    await enqueue();
    const [failed] = await eventually('the failure', async () => {
      const rows = await inQueue();
      return rows.some(({ state }) => state === 'retry') ? rows : undefined;
    });
    expect(failed).toMatchObject({ state: 'retry', output: { message: 'the receiver answered 500' } });
    await eventually('the second try', async () => tries.length === 2, 15_000);
    await eventually('the end', async () => (await inQueue()).length === 0);
    expect(tries.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(givenUp).toEqual([]);
  });

  test('are told, with the original error, when a job is given up', async () => {
    answer = async () => {
      throw new Error('the receiver is gone');
    };
    const id = await enqueue();
    await sql`update pgboss.job set retry_limit = 0`.execute(testDatabase.database.kysely);
    await start();
    await eventually('to be told', async () => givenUp.length > 0);
    expect(givenUp).toEqual([{ id, error: new Error('the receiver is gone'), attempts: 1 }]);
  });

  test('must not be two for one job', async () => {
    await expect(start(TwoForOneJob)).rejects.toThrow('Two handlers for deliver');
  });
});
