import { defineConfig, type ConfigOf } from '@torale/contracts';
import type { Concurrency } from '@torale/job-engine';
import { z } from 'zod';

export const workerConfig = defineConfig('worker', {
  WORKER_MODE: z.enum(['base', 'burst']).default('base').meta({
    description:
      '`base`: runs until it is told to stop. `burst`: does up to four times as much at the same time, and exits with 0 when nothing is left to do; for a Kubernetes Job. Standalone never exits by itself.',
  }),
  DISPATCH_INTERVAL_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(500)
    .meta({ description: 'How often due sources and requested checks are looked for, milliseconds.' }),
  CHECK_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(8)
    .meta({ description: 'Checks that one worker runs at the same time.' }),
  FAILING_AFTER: z.coerce.number().int().min(1).max(1000).default(3).meta({
    description:
      'How many checks in a row must fail until the owner of a source is told; from then on it is checked less and less often, down to once a day.',
  }),
  DELIVERY_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(192)
    .meta({ description: 'Deliveries that one worker makes at the same time.' }),
  HOUSEKEEPING_INTERVAL_MINUTES: z.coerce
    .number()
    .int()
    .min(1)
    .max(1440)
    .default(60)
    .meta({ description: 'How often contents, checks and events that are past keeping are deleted.' }),
  CHECKS_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).default(365).meta({
    description: 'How long the record of a check is kept; of one that an alert came from always.',
  }),
  EVENTS_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).default(14).meta({
    description:
      'How long it is kept what happened, for the record of a check and to be replayed; longer what a subscriber was not handed yet.',
  }),
});
export type WorkerConfig = ConfigOf<typeof workerConfig>;

/** How many times as much at the same time a worker may do that is there to work off a backlog. */
const BURST_FACTOR = 4;

/** Jobs of a kind that run at the same time: `most`, less while that goes badly, and more in a burst that goes well. */
export function places({ WORKER_MODE }: Pick<WorkerConfig, 'WORKER_MODE'>, most: number): Concurrency {
  return {
    min: Math.ceil(most / 4),
    start: most,
    max: WORKER_MODE === 'burst' ? most * BURST_FACTOR : most,
  };
}
