import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { jobs, type ConfigSlice } from '@torale/contracts';
import {
  DATABASE,
  databaseConfig,
  embeddedDatabaseConfig,
  openPglite,
  PgliteModule,
  PostgresModule,
  USER_DATABASE,
  type Database,
  type UserDatabase,
} from '@torale/database';
import { eventually, hasPostgres, startPostgres } from '@torale/testing';
import { JOB_ENGINE, JOB_QUEUE, JobEngineModule, type JobEngine, type JobQueue } from '../src/index.ts';

const workspaceRoot = join(import.meta.dirname, '../../..');

function compose(slice: ConfigSlice, values: object, ...imports: DynamicModule[]) {
  class Config {}
  const config = { provide: slice.token, useValue: slice.schema.parse(values) };
  class Application {}
  return NestFactory.createApplicationContext(
    {
      module: Application,
      imports: [{ module: Config, global: true, providers: [config], exports: [config] }, ...imports],
    },
    { logger: ['error'], abortOnError: false },
  );
}

async function enqueueAndRun(database: Database, queue: JobQueue, engine: JobEngine): Promise<void> {
  const done: string[] = [];
  await engine.work(jobs.deliver, {
    concurrency: 1,
    handle: async ({ delivery_id }) => void done.push(delivery_id),
    givenUp: async () => undefined,
  });
  const id = randomUUID();
  await database.transaction((transaction) =>
    queue.enqueue(transaction, jobs.deliver, [{ delivery_id: id }]),
  );
  await eventually('the job', async () => done.includes(id));
}

describe('the modules of database and job engine', () => {
  it('compose on the embedded database, and close it so that the next process can open it', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'torale-modules-'));
    const pglite = PgliteModule.register({
      scripts: [join(workspaceRoot, 'libs/supabase-local/sql/supabase-platform.sql')],
      migrations: join(workspaceRoot, 'supabase/migrations'),
    });
    const modules = [pglite, JobEngineModule.onPglite()];
    const values = { TORALE_DATA_DIR: dataDirectory };
    const app = await compose(embeddedDatabaseConfig, values, ...modules);
    await enqueueAndRun(app.get(DATABASE), app.get(JOB_QUEUE), app.get(JOB_ENGINE));
    await app.get<UserDatabase>(USER_DATABASE).ping();
    await expect(compose(embeddedDatabaseConfig, values, ...modules)).rejects.toThrow('already used');
    await app.get<JobEngine>(JOB_ENGINE).stop(1_000);
    await app.close();

    const reopened = await openPglite({ dataDirectory });
    await reopened.ping();
    await reopened.close();
    await rm(dataDirectory, { recursive: true });
  }, 60_000);

  (hasPostgres ? it : it.skip)(
    'compose on Postgres: worker, sender and gateway',
    async () => {
      const cluster = await startPostgres();
      const services = { DATABASE_URL: cluster.url };
      const worker = await compose(
        databaseConfig,
        services,
        PostgresModule.forServices(),
        JobEngineModule.onPostgres(),
      );
      const sender = await compose(
        databaseConfig,
        services,
        PostgresModule.forServices(),
        JobEngineModule.senderOnPostgres(),
      );
      const gateway = await compose(
        databaseConfig,
        { DATABASE_URL: cluster.authenticatorUrl },
        PostgresModule.forUsers(),
      );
      await enqueueAndRun(sender.get(DATABASE), sender.get(JOB_QUEUE), worker.get(JOB_ENGINE));
      await gateway.get<UserDatabase>(USER_DATABASE).ping();
      expect(() => gateway.get(DATABASE)).toThrow();
      expect(() => sender.get(JOB_ENGINE)).toThrow();
      await Promise.all([worker.close(), sender.close(), gateway.close()]);
      await cluster.stop();
    },
    60_000,
  );
});
