import { setTimeout as sleep } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';

/** After a failed pass (the database is away), so that the log is not flooded. */
export const PAUSE_AFTER_FAILURE_MS = 5_000;

/** Does the same again and again, from the start of the process until it stops; a pass under way is waited for. */
export abstract class PassAfterPass implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** Resolves with how long to wait before the next pass, in milliseconds. Never rejects. */
  protected abstract pass(): Promise<number>;

  onApplicationBootstrap(): void {
    this.#running = this.#run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const pause = await this.pass();
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}
