import { Inject, Injectable, Logger } from '@nestjs/common';
import { subscribers, type SubscriberDefinition } from '@torale/contracts';
import { PAUSE_AFTER_FAILURE_MS, PassAfterPass } from '../pass-after-pass.ts';
import { EventRelayRepository, HAND_OVER_AT_MOST } from './event-relay.repository.ts';

/** How long an event may go unnoticed. A look at nothing costs one small read. */
const LOOK_EVERY_MS = 200;

const everybody: readonly SubscriberDefinition[] = Object.values(subscribers);

/** Hands every event to its subscribers as jobs, pass after pass, until the process stops. Any worker may do it. */
@Injectable()
export class EventRelay extends PassAfterPass {
  private readonly logger = new Logger(EventRelay.name);
  private prepared = false;

  constructor(@Inject(EventRelayRepository) private readonly repository: EventRelayRepository) {
    super();
  }

  protected override async pass(): Promise<number> {
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
