import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { outboundHttpConfig } from '@torale/outbound-http';
import { contentProcessorConfig } from '../content-processor.config.ts';
import { type HostAnswer, HostTurnsRepository } from './host-turns.repository.ts';
import { parseRetryAfter } from './retry-after.ts';

/** An answer of a site, fetched or rendered. */
export interface SiteAnswer {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
}

export interface TurnOptions {
  /** The pause that the site asks for in its robots.txt, milliseconds; the configured one if that is longer. */
  delayMs: number;
  /** Has been asked to come again before, or has begun already: goes first, and waits. */
  hasQueued: boolean;
}

/** It is not this one's turn at a host for some time. */
export class HostBusyError extends Error {
  readonly retryAt: Date;
  constructor(host: string, retryAt: Date) {
    super(
      `Others are before this at ${host}, which is asked only now and then; again at ${retryAt.toISOString()}`,
    );
    this.name = 'HostBusyError';
    this.retryAt = retryAt;
  }
}

/** A request that takes this much longer than it may was that of a process that has died, milliseconds. */
const leaseMarginMs = 5_000;
/** How often a turn is asked for while another request runs, at most and at least, milliseconds. */
const minPollMs = 20;
const maxPollMs = 250;

/**
 * One request after the other to each host, a pause apart, however many processes and sources want to read it; and
 * none at all while it says that it has had enough.
 */
@Injectable()
export class Politeness {
  constructor(
    @Inject(HostTurnsRepository) private readonly turns: HostTurnsRepository,
    @Inject(contentProcessorConfig.token) private readonly config: ConfigOf<typeof contentProcessorConfig>,
    @Inject(outboundHttpConfig.token) private readonly outbound: ConfigOf<typeof outboundHttpConfig>,
  ) {}

  /**
   * Sends a request when its turn has come.
   * @throws HostBusyError when that is not within POLITENESS_MAX_WAIT_MS; the request was not sent
   */
  async inTurn<T extends SiteAnswer>(host: string, options: TurnOptions, send: () => Promise<T>): Promise<T> {
    const spacingMs = Math.max(this.config.POLITENESS_SPACING_MS, options.delayMs);
    const lease = await this.#take(host, spacingMs, options.hasQueued);
    let answer: HostAnswer;
    try {
      const result = await send();
      answer = answerOf(result);
      return result;
    } finally {
      await this.turns.release(
        host,
        lease,
        { spacingMs, backOffMs: this.config.POLITENESS_BACK_OFF_MS },
        answer,
      );
    }
  }

  async #take(host: string, spacingMs: number, hasQueued: boolean): Promise<string> {
    const lease = randomUUID();
    const options = {
      spacingMs,
      hasQueued,
      concurrency: this.config.POLITENESS_CONCURRENCY,
      leaseMs: Math.max(this.outbound.OUTBOUND_TIMEOUT_MS, this.config.RENDER_TIMEOUT_MS) + leaseMarginMs,
    };
    const giveUpAt = Date.now() + this.config.POLITENESS_MAX_WAIT_MS;
    for (;;) {
      const waitMs = await this.turns.take(host, lease, options);
      if (waitMs === 0) return lease;
      if (waitMs === null || Date.now() + waitMs > giveUpAt) {
        throw new HostBusyError(host, await this.turns.queue(host, spacingMs));
      }
      await sleep(Math.max(minPollMs, Math.min(waitMs, maxPollMs)));
    }
  }
}

function answerOf({ status, headers }: SiteAnswer): HostAnswer {
  if (status !== 429 && status !== 503) return 'welcome';
  return { refused: true, retryAfterMs: parseRetryAfter(headers['retry-after'], Date.now()) };
}
