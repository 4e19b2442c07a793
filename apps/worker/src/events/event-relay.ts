import { setTimeout as sleep } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { subscribers, type SubscriberDefinition } from '@torale/contracts';
import { EventRelayRepository, HAND_OVER_AT_MOST } from './event-relay.repository.ts';

/** How long an event may go unnoticed. A look at nothing costs one small read. */
const LOOK_EVERY_MS = 200;
/** After a failed pass (the database is away), so that the log is not flooded. */
const PAUSE_AFTER_FAILURE_MS = 5_000;

const everybody: readonly SubscriberDefinition[] = Object.values(subscribers);

/** Hands every event to its subscribers as jobs, pass after pass, until the process stops. Any worker may do it. */
@Injectable()
export class EventRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(EventRelay.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private prepared = false;

  constructor(@Inject(EventRelayRepository) private readonly repository: EventRelayRepository) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const pause = await this.pass();
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One pass; returns how long to wait before the next, in milliseconds. */
  private async pass(): Promise<number> {
    try {
      if (!this.prepared) await this.prepare();
      const waiting = await this.repository.waiting(everybody.map(({ name }) => name));
      let more = false;
      for (const subscriber of everybody) {
        if (!waiting.includes(subscriber.name)) continue;
        if ((await this.repository.handOver(subscriber)) === HAND_OVER_AT_MOST) more = true;
      }
      return more ? 0 : LOOK_EVERY_MS;
    } catch (error) {
      // The database that comes back may be another one, restored from a dump.
      this.prepared = false;
      this.logger.error({ err: error }, 'Events could not be handed over; trying again');
      return PAUSE_AFTER_FAILURE_MS;
    }
  }

  private async prepare(): Promise<void> {
    if (await this.repository.continueAfterRestore()) {
      this.logger.warn('The database was restored: events are numbered on from what it holds');
    }
    for (const subscriber of everybody) await this.repository.register(subscriber);
    this.prepared = true;
  }
}
