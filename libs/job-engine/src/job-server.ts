import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { JobPayload } from '@torale/contracts';
import { resultOf } from './handler-result.ts';
import type { GivenUpContext, JobEngine } from './job-engine.ts';
import type { JobPatternExtras } from './job-handler.decorator.ts';

export interface JobServerOptions {
  /** What the `concurrency` functions of handlers are given. */
  settings?: unknown;
  /** How long running jobs may take to finish when the application closes, milliseconds. */
  graceMs: number;
}

/**
 * Brings jobs to the methods of controllers that say `@JobHandler(job)`. Of a transport it has what a handler sees;
 * queues, retries and settling are the job engine's.
 */
export class JobServer extends Server implements CustomTransportStrategy {
  readonly #engine: JobEngine;
  readonly #options: JobServerOptions;

  constructor(engine: JobEngine, options: JobServerOptions) {
    super();
    this.#engine = engine;
    this.#options = options;
  }

  /** @throws Error when two methods claim the same job: Nest would let the last one win. */
  override addHandler(...[pattern, ...rest]: Parameters<Server['addHandler']>): void {
    const [, isEventHandler] = rest;
    if (!isEventHandler && this.messageHandlers.has(this.normalizePattern(pattern as string))) {
      throw new Error(`Two handlers for ${String(pattern)}`);
    }
    super.addHandler(pattern, ...rest);
  }

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      for (const handler of this.messageHandlers.values()) await this.#serve(handler);
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  override close(): Promise<void> {
    return this.#engine.stop(this.#options.graceMs);
  }

  override on(): never {
    throw new Error('JobServer has no events');
  }

  override unwrap<T = JobEngine>(): T {
    return this.#engine as T;
  }

  /** Handlers of other transports have other extras. */
  async #serve(handler: MessageHandler): Promise<void> {
    const extras = handler.extras as Partial<JobPatternExtras> | undefined;
    if (extras?.role !== 'handler' || !extras.job || !extras.options) return;
    const { job, options } = extras;
    const { concurrency = 1, batch } = options;
    const giveUp = this.#handlers().find(
      ({ extras: other }) => other?.['role'] === 'given-up' && other['job'] === job,
    );
    const common = {
      concurrency: typeof concurrency === 'function' ? concurrency(this.#options.settings) : concurrency,
      ...(giveUp && {
        givenUp: (payload: unknown, context: GivenUpContext) => resultOf(giveUp(payload, context)),
      }),
    };
    await this.#engine.work(
      job,
      batch === undefined
        ? { ...common, handle: (payload, context) => resultOf(handler(payload, context)) }
        : {
            ...common,
            batch,
            handleBatch: (payloads: JobPayload<typeof job>[], contexts) =>
              resultOf(handler(payloads, contexts)) as Promise<Promise<unknown>[]>,
          },
    );
  }

  #handlers(): MessageHandler[] {
    return [...this.messageHandlers.values()];
  }
}
