import { z } from 'zod';
import { idSchema, pageOf, pageQuerySchema, timestampSchema } from './common.ts';
import { defineContract, defineEndpoint, type ServiceApi } from './endpoint.ts';

export const subscriberStateSchema = z
  .object({
    name: z.string(),
    types: z.array(z.string()).meta({ description: 'The events that it is handed.' }),
    transaction_number: z.int().meta({ description: 'With `event_id`: its cursor.' }),
    event_id: z.int(),
    updated_at: timestampSchema.meta({ description: 'When the cursor was last moved.' }),
    lag_events: z.int().meta({ description: 'Events that it was not handed yet.' }),
    lag_seconds: z.number().meta({ description: 'How long the oldest of them has waited.' }),
  })
  .meta({ id: 'SubscriberState' });
export type SubscriberState = z.infer<typeof subscriberStateSchema>;

export const replayEventsSchema = z
  .strictObject({ from: z.iso.datetime({ offset: true }).meta({ description: 'ISO 8601' }) })
  .meta({ id: 'ReplayEvents' });
export const replayedEventsSchema = z
  .object({
    events: z.int().meta({ description: 'Events that are handed over again.' }),
    warning: z.string().nullable().meta({ description: 'What of that time is not kept any more.' }),
  })
  .meta({ id: 'ReplayedEvents' });
export type ReplayedEvents = z.infer<typeof replayedEventsSchema>;

/** A job that was given up. */
export const deadLetterSchema = z
  .object({
    id: idSchema,
    queue: z.string(),
    payload: z.unknown(),
    error: z.string().meta({ description: 'Of the last try.' }),
    error_class: z.enum(['rate_limited', 'timeout', 'network', 'server', 'user_error']).nullable(),
    attempts: z.int(),
    first_failed_at: z.string(),
    last_failed_at: z.string(),
  })
  .meta({ id: 'DeadLetter' });

export const deadLetterIdsSchema = z
  .strictObject({ ids: z.array(idSchema).min(1).max(1000) })
  .meta({ id: 'DeadLetterIds' });
/** Those of the ids that were there. */
export const handledDeadLettersSchema = z
  .object({ ids: z.array(idSchema) })
  .meta({ id: 'HandledDeadLetters' });

export const queueStateSchema = z
  .object({
    queue: z.string(),
    waiting: z.int().meta({ description: 'Jobs whose time has come.' }),
    later: z.int().meta({ description: 'Jobs that wait for their time, or to be tried again.' }),
    active: z.int(),
    dead_letters: z.int(),
    oldest_waiting_seconds: z
      .number()
      .nullable()
      .meta({ description: 'How long the first job whose time has come has waited for a worker.' }),
  })
  .meta({ id: 'QueueState' });
export type QueueState = z.infer<typeof queueStateSchema>;

/** What an operator sees and does; behind OPERATOR_TOKEN. */
export const adminContract = defineContract('admin', {
  listSubscribers: defineEndpoint({
    method: 'GET',
    path: '/api/v1/admin/subscribers',
    summary: 'Who is handed events, and how far behind each is',
    response: z.object({ data: z.array(subscriberStateSchema) }),
  }),
  replayEvents: defineEndpoint({
    method: 'POST',
    path: '/api/v1/admin/subscribers/:name/replay',
    summary: 'Hand a subscriber again what happened since a point in time',
    params: z.object({ name: z.string().max(100) }),
    body: replayEventsSchema,
    response: replayedEventsSchema,
  }),
  listDeadLetters: defineEndpoint({
    method: 'GET',
    path: '/api/v1/admin/dead-letters',
    summary: 'Jobs that were given up, the latest first',
    query: pageQuerySchema.extend({ queue: z.string().max(100).optional() }),
    response: pageOf(deadLetterSchema),
  }),
  replayDeadLetters: defineEndpoint({
    method: 'POST',
    path: '/api/v1/admin/dead-letters/replay',
    summary: 'Run jobs again that were given up, with all their tries',
    body: deadLetterIdsSchema,
    response: handledDeadLettersSchema,
  }),
  dropDeadLetters: defineEndpoint({
    method: 'POST',
    path: '/api/v1/admin/dead-letters/drop',
    summary: 'Forget jobs that were given up',
    body: deadLetterIdsSchema,
    response: handledDeadLettersSchema,
  }),
  listQueues: defineEndpoint({
    method: 'GET',
    path: '/api/v1/admin/queues',
    summary: 'How many jobs wait, run and were given up',
    response: z.object({ data: z.array(queueStateSchema) }),
  }),
});
export type AdminApi = ServiceApi<typeof adminContract>;
