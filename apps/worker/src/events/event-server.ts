import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { AppError, subscribers, type EventEnvelope, type SubscriberDefinition } from '@torale/contracts';
import { resultOf, type Concurrency, type JobEngine } from '@torale/job-engine';
import { eventPattern } from './event-handler.decorator.ts';

/** Brings the events that EventRelay handed over as jobs to the methods that say `@EventHandler(event, subscriber)`. */
export class EventServer extends Server implements CustomTransportStrategy {
  /** The job engine tries again what fails. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #engine: JobEngine;
  readonly #concurrency: Concurrency;

  /** `concurrency`: events that one subscriber handles at the same time in this process. */
  constructor(engine: JobEngine, concurrency: Concurrency) {
    super();
    this.#engine = engine;
    this.#concurrency = concurrency;
  }

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      for (const subscriber of Object.values<SubscriberDefinition>(subscribers))
        await this.#serve(subscriber);
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  /** The jobs end with the job engine, which stops by itself. */
  override close(): void {}

  override on(): never {
    throw new Error('EventServer has no events of its own');
  }

  override unwrap<T = JobEngine>(): T {
    return this.#engine as T;
  }

  /** @throws Error when nobody handles an event that is handed over */
  async #serve({ name, events, job }: SubscriberDefinition): Promise<void> {
    const handlers = new Map(
      events.map((event) => {
        const handler = this.getHandlerByPattern(eventPattern(name, event.type));
        if (!handler) throw new Error(`Nobody handles ${event.type} for ${name}`);
        return [event.type, { event, handler }];
      }),
    );
    await this.#engine.work(job, {
      concurrency: this.#concurrency,
      handle: async ({ type, data }: EventEnvelope, context) => {
        const known = handlers.get(type);
        // Tried again: processes of a newer version may run beside this one.
        if (!known) throw new Error(`This version of ${name} does not know ${type}`);
        const parsed = known.event.data.safeParse(data);
        // Not tried again: it will not get better.
        if (!parsed.success) throw AppError.fromZod(parsed.error);
        await resultOf(known.handler(parsed.data, context));
      },
    });
  }
}
