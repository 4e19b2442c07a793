import { defineConfig, type ConfigOf } from '@torale/contracts';
import type { Concurrency } from '@torale/job-engine';
import { z } from 'zod';

export const workerConfig = defineConfig('worker', {
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
    .max(200)
    .default(16)
    .meta({ description: 'Deliveries that one worker makes at the same time.' }),
  HOUSEKEEPING_INTERVAL_MINUTES: z.coerce
    .number()
    .int()
    .min(1)
    .max(1440)
    .default(60)
    .meta({ description: 'How often contents that are past keeping are deleted.' }),
});
export type WorkerConfig = ConfigOf<typeof workerConfig>;

/** Up to `max` at the same time, when that goes well. */
export const adaptive = (max: number): Concurrency => ({ min: Math.ceil(max / 4), max });
