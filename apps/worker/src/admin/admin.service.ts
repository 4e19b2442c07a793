import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  AppError,
  type AdminApi,
  type ConfigOf,
  type OperationInput,
  type adminContract,
} from '@torale/contracts';
import { DEAD_LETTERS, JOB_ENGINE, type DeadLetters, type JobEngine } from '@torale/job-engine';
import { EventLogRepository } from '../events/event-log.repository.ts';
import { workerConfig } from '../worker.config.ts';

const DAY_MS = 86_400_000;

type Input<Name extends keyof AdminApi> = OperationInput<(typeof adminContract)['endpoints'][Name]>;

@Injectable()
export class AdminService implements AdminApi {
  private readonly logger = new Logger('Operator');

  constructor(
    @Inject(EventLogRepository) private readonly events: EventLogRepository,
    @Inject(DEAD_LETTERS) private readonly deadLetters: DeadLetters,
    @Inject(JOB_ENGINE) private readonly jobEngine: JobEngine,
    @Inject(workerConfig.token) private readonly config: ConfigOf<typeof workerConfig>,
  ) {}

  async listSubscribers() {
    return { data: await this.events.subscribers() };
  }

  /** @throws AppError `not_found` */
  async replayEvents({ name, from }: Input<'replayEvents'>) {
    const events = await this.events.replay(name, from);
    if (events === undefined) {
      const names = (await this.events.subscribers()).map((subscriber) => subscriber.name);
      throw new AppError(
        'not_found',
        `There is no subscriber ${name}, but ${names.join(', ') || 'none yet'}.`,
      );
    }
    this.logger.warn({ subscriber: name, from, events }, 'Events are handed over again');
    const kept = new Date(Date.now() - this.config.EVENTS_RETENTION_DAYS * DAY_MS).toISOString();
    return {
      events,
      warning:
        Date.parse(from) < Date.parse(kept)
          ? `Events are kept for ${this.config.EVENTS_RETENTION_DAYS} days: of what happened before ${kept} some may be gone.`
          : null,
    };
  }

  listDeadLetters(query: Input<'listDeadLetters'>) {
    return this.deadLetters.list(query);
  }

  async replayDeadLetters({ ids }: Input<'replayDeadLetters'>) {
    const replayed = await this.deadLetters.replay(ids);
    this.logger.warn({ ids: replayed }, 'Jobs that were given up are run again');
    return { ids: replayed };
  }

  async dropDeadLetters({ ids }: Input<'dropDeadLetters'>) {
    const dropped = await this.deadLetters.drop(ids);
    this.logger.warn({ ids: dropped }, 'Jobs that were given up are forgotten');
    return { ids: dropped };
  }

  async listQueues() {
    return { data: await this.jobEngine.queues() };
  }
}
