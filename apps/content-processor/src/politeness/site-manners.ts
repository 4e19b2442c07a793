import { Inject, Injectable } from '@nestjs/common';
import { OutboundError } from '@torale/outbound-http';
import { Robots } from '../robots/robots.ts';
import { Politeness, type SiteAnswer } from './politeness.ts';

export interface Manners {
  respectRobots: boolean;
  /** Has been asked to come again before. */
  hasQueued: boolean;
}

/** How each request of one fetch or rendering approaches its host. */
export type Approach = <T extends SiteAnswer>(url: URL, send: () => Promise<T>) => Promise<T>;

/** Asks what may be read, waits for its turn. */
@Injectable()
export class SiteManners {
  constructor(
    @Inject(Robots) private readonly robots: Robots,
    @Inject(Politeness) private readonly politeness: Politeness,
  ) {}

  /**
   * For one fetch with its redirects (as `around_exchange`), or one rendering. Rejects with OutboundError
   * `robots_denied`, or with HostBusyError before anything was sent.
   */
  approach({ respectRobots, hasQueued }: Manners): Approach {
    let hasBegun = false;
    return async (url, send) => {
      // Who was let in is not sent away at a redirect: it would never get to its end.
      const first = hasQueued || hasBegun;
      const delayMs = respectRobots ? await this.#permittedDelay(url, first) : 0;
      hasBegun = true;
      return this.politeness.inTurn(url.host, { delayMs, hasQueued: first }, send);
    };
  }

  async #permittedDelay(url: URL, hasQueued: boolean): Promise<number> {
    const { allowed, delayMs, isStated } = await this.robots.permission(url, hasQueued);
    if (allowed) return delayMs;
    throw new OutboundError(
      'robots_denied',
      isStated
        ? `${url.host} asks programs not to read this page (robots.txt)`
        : `${url.host} cannot say at the moment what programs may read (its robots.txt fails)`,
    );
  }
}
