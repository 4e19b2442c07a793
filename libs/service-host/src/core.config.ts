import { defineConfig } from '@torale/contracts';
import { z } from 'zod';

/** Read by every process that serves HTTP. */
export const coreConfig = defineConfig('every service', {
  HOST: z
    .string()
    .default('127.0.0.1')
    .meta({ description: 'Address to listen on; `0.0.0.0` in containers.' }),
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .optional()
    .meta({ description: 'Port to listen on; each service has its own default. 0 picks a free one.' }),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .meta({ description: 'The least severe log lines that are written.' }),
  SHUTDOWN_GRACE_SECONDS: z.coerce.number().positive().default(20).meta({
    description:
      'How long requests and jobs in flight may take to finish when the process is told to stop; then requests are cut off and jobs given back. Kubernetes kills after 30.',
  }),
});
