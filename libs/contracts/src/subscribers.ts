import { events, type eventEnvelopeSchema, type EventDefinition } from './events.ts';
import { jobs, type JobDefinition } from './jobs.ts';

/** Who is told of which events: each gets every event of its types once, as a job of its own queue. */
export interface SubscriberDefinition {
  /** Names its cursor: a new name is a new subscriber. */
  readonly name: string;
  readonly events: readonly EventDefinition[];
  readonly job: JobDefinition<typeof eventEnvelopeSchema>;
  /** Where it begins when it is new: with what happens from then on, or with everything that is kept. */
  readonly begins: 'now' | 'at_the_beginning';
}

export const subscribers = {
  /** Turns what users want to know into deliveries. */
  notifications: {
    name: 'notifications',
    events: [
      events.alertCreated,
      events.sourceFailing,
      events.sourceRecovered,
      events.queryCompleted,
      events.channelDisabled,
      events.preferencesChanged,
    ],
    job: jobs.notificationsEvent,
    begins: 'at_the_beginning',
  },
} as const satisfies Record<string, SubscriberDefinition>;
export type SubscriberName = keyof typeof subscribers;
