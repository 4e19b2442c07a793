import { jobs } from '@torale/contracts';
import type { PgBoss, Queue, QueueResult } from 'pg-boss';
import {
  deadLetterPolicy,
  deadLetterQueueOf,
  FAILED_SECONDS,
  GIVEN_UP_SECONDS,
  queuePolicies,
  RETENTION_SECONDS,
  type QueuePolicy,
} from './queue-policies.ts';

interface WantedQueue {
  name: string;
  partition: boolean;
  options: Omit<Queue, 'name' | 'policy' | 'partition'>;
}

/** A dead-letter queue before its own. */
const wantedQueues: WantedQueue[] = Object.entries(queuePolicies).flatMap(([name, policy]) => {
  const { queue } = jobs[name as keyof typeof jobs];
  const deadLetter = deadLetterQueueOf(queue);
  return [
    {
      name: deadLetter,
      partition: false,
      options: {
        ...optionsOf(deadLetterPolicy),
        retentionSeconds: GIVEN_UP_SECONDS,
        deleteAfterSeconds: GIVEN_UP_SECONDS,
      },
    },
    {
      name: queue,
      // A queue that has grown since its table was last analysed makes pg-boss's claim slow, for all in that table.
      partition: true,
      options: {
        ...optionsOf(policy),
        retentionSeconds: RETENTION_SECONDS,
        deleteAfterSeconds: FAILED_SECONDS,
        deadLetter,
      },
    },
  ];
});

function optionsOf({ expireInSeconds, retryLimit, retryDelay, retryDelayMax }: QueuePolicy) {
  return { expireInSeconds, retryLimit, retryDelay, retryDelayMax, retryBackoff: true };
}

/**
 * Creates the queues that are missing, and gives those that an older version created the policies of this one.
 * Nothing is written when all is as it should be.
 */
export async function prepareQueues(boss: PgBoss): Promise<void> {
  const stored = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
  for (const { name, partition, options } of wantedQueues) {
    const queue = stored.get(name);
    if (queue && isAs(queue, options)) continue;
    if (queue) await boss.updateQueue(name, options);
    else await boss.createQueue(name, { ...options, partition });
    // Puts the queue into pg-boss's memory: it would look it up within the first enqueue, outside of that one's
    // transaction, and on PGlite's single connection wait for ever.
    await boss.insert(name, []);
  }
}

const isAs = (queue: QueueResult, options: WantedQueue['options']) =>
  Object.entries(options).every(([option, value]) => queue[option as keyof QueueResult] === value);
