import { setTimeout as sleep } from 'node:timers/promises';
import { jobs } from '@torale/contracts';
import { openPostgres } from '@torale/database';
import { sql } from 'kysely';
import { PgBossJobEngine } from '../src/pg-boss-job-engine.ts';

/**
 * A worker process. It notes in the table `runs` when it begins and ends each job, which takes `argv[3]`
 * milliseconds; it ends orderly within `argv[4]` milliseconds when it is asked to.
 */
const [, , url, jobMs, graceMs] = process.argv as unknown as [string, string, string, string, string];
const database = openPostgres({ url, poolSize: 4 });
const engine = await PgBossJobEngine.start({ url });

await engine.work(jobs.deliver, {
  concurrency: { min: 8, max: 32 },
  handle: async ({ delivery_id }, { attempt }) => {
    await sql`insert into runs (job, attempt, pid) values (${delivery_id}, ${attempt}, ${process.pid})`.execute(
      database.kysely,
    );
    await sleep(Number(jobMs));
    await sql`update runs set ended_at = clock_timestamp()
      where job = ${delivery_id} and attempt = ${attempt} and pid = ${process.pid}`.execute(database.kysely);
  },
});
process.on('SIGTERM', () => {
  engine.stop(Number(graceMs)).then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
process.stdout.write('ready');
