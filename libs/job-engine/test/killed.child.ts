import { jobs } from '@torale/contracts';
import { openPglite, openPostgres } from '@torale/database';
import { PgBossJobEngine } from '../src/pg-boss-job-engine.ts';

/** Starts the job of `argv[3]` on the database of `argv[2]`, says so, and never ends it. */
const [, , where, alertId] = process.argv as [string, string, string, string];
const [database, engine] = where.startsWith('postgresql:') ? await onPostgres() : await onPglite();

async function onPostgres() {
  const postgres = openPostgres({ url: where, poolSize: 1 });
  return [postgres, await PgBossJobEngine.start({ url: where })] as const;
}

async function onPglite() {
  const embedded = await openPglite({ dataDirectory: where });
  return [embedded, await PgBossJobEngine.start({ pglite: embedded.pglite })] as const;
}

await database.transaction((transaction) =>
  engine.enqueue(transaction, jobs.deliver, [{ delivery_id: alertId }]),
);
await engine.work(jobs.deliver, {
  concurrency: 1,
  handle: async () => {
    process.stdout.write('running');
    await new Promise(() => undefined);
  },
  givenUp: async () => undefined,
});
