import { z } from 'zod';
import { idSchema } from './common.ts';
import { eventEnvelopeSchema } from './events.ts';

/** A durable job: its queue name and the shape of its payload. */
export interface JobDefinition<Payload extends z.ZodType = z.ZodType> {
  readonly queue: string;
  readonly payload: Payload;
}

const defineJob = <P extends z.ZodType>(queue: string, payload: P): JobDefinition<P> => ({ queue, payload });

/** Every job of Torale. Payloads hold ids only, so that a job enqueued by an older version still runs. */
export const jobs = {
  /** Run one check: content, verdict. Enqueued by the worker's dispatcher. */
  runCheck: defineJob('run-check', z.object({ check_id: idSchema, source_id: idSchema })),
  /** Turn one event into deliveries. Enqueued by the relay of events. */
  notificationsEvent: defineJob('notifications-event', eventEnvelopeSchema),
  /** Attempt one delivery until it is made or given up. Enqueued with the delivery. */
  deliver: defineJob('deliver', z.object({ delivery_id: idSchema })),
  /** Delete what is past keeping. Enqueued by the worker when it falls due. */
  housekeeping: defineJob('housekeeping', z.object({})),
  /** Give the contents of a source the vectors of another embedder. Enqueued by housekeeping. */
  reembed: defineJob('reembed', z.object({ source_id: idSchema })),
} as const;

export type JobPayload<J extends JobDefinition> = z.output<J['payload']>;
