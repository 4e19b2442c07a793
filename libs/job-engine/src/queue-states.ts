import type { QueueState } from '@torale/contracts';
import type { PgBoss } from 'pg-boss';
import { deadLetterQueueOf, queueOfDeadLetters } from './queue-policies.ts';

/** What waits, runs and was given up, in each queue that there is. */
export async function queueStates(boss: PgBoss, schema: string): Promise<QueueState[]> {
  const queues = (await boss.getQueues()).map(({ name }) => name);
  const { rows } = await boss.getDb().executeSql(
    `select queue,
       count(*) filter (where name = queue and state < 'active' and start_after <= now())::int as waiting,
       count(*) filter (where name = queue and state < 'active' and start_after > now())::int as later,
       count(*) filter (where name = queue and state = 'active')::int as active,
       count(*) filter (where name <> queue and source_id is not null)::int as dead_letters,
       extract(epoch from now() - min(start_after) filter (
         where name = queue and state < 'active' and start_after <= now()))::float8 as oldest_waiting_seconds
     from unnest($1::text[]) queue left join ${schema}.job on name in (queue, queue || $2)
     group by queue order by queue`,
    [queues.filter((name) => queueOfDeadLetters(name) === undefined), deadLetterQueueOf('')],
  );
  return rows as QueueState[];
}
