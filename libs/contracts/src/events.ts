import { z } from 'zod';
import { verdictSchema } from './check.ts';
import { idSchema } from './common.ts';
import { fetchOutcomeSchema } from './monitored-source.ts';

/** A domain event: its type, which is also the pattern that handlers name, and the shape of its data. */
export interface EventDefinition<Type extends string = string, Data extends z.ZodObject = z.ZodObject> {
  readonly type: Type;
  readonly data: Data;
}

const defineEvent = <T extends string, D extends z.ZodObject>(type: T, data: D): EventDefinition<T, D> => ({
  type,
  data,
});

const checkRef = { source_id: idSchema, check_id: idSchema };
const noticeRef = { notice_id: idSchema };

/** Every domain event of Torale. Data holds ids and outcomes, never page text, so that keeping it costs little. */
export const events = {
  /** A check has ended, whatever it found. */
  sourceChecked: defineEvent(
    'source.checked',
    z.object({ ...checkRef, outcome: fetchOutcomeSchema.nullable(), verdict: verdictSchema.nullable() }),
  ),
  /** A source has a new content. */
  contentChanged: defineEvent('content.changed', z.object({ source_id: idSchema, content_id: idSchema })),
  alertCreated: defineEvent('alert.created', z.object({ alert_id: idSchema, user_query_id: idSchema })),
  deliverySucceeded: defineEvent('delivery.succeeded', z.object({ delivery_id: idSchema })),
  /** A delivery was given up. */
  deliveryFailed: defineEvent('delivery.failed', z.object({ delivery_id: idSchema })),
  sourceFailing: defineEvent('source.failing', z.object({ ...noticeRef, source_id: idSchema })),
  sourceRecovered: defineEvent('source.recovered', z.object({ ...noticeRef, source_id: idSchema })),
  queryCompleted: defineEvent('query.completed', z.object({ ...noticeRef, user_query_id: idSchema })),
  /** A user's preferences, or what a query says of channels and snoozing; written by a trigger. */
  preferencesChanged: defineEvent('preferences.changed', z.object({ user_id: idSchema })),
  channelDisabled: defineEvent('channel.disabled', z.object({ ...noticeRef, channel_id: idSchema })),
} as const;

/** An event as a subscriber gets it. A type that is newer than the subscriber's process is left for another. */
export const eventEnvelopeSchema = z.object({
  event_id: z.int(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type EventEnvelope = z.infer<typeof eventEnvelopeSchema>;

export type EventData<E extends EventDefinition> = z.output<E['data']>;
