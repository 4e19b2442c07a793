import type { Page, Request } from 'playwright-core';

/** Never end, or end after the page is read, and change nothing that a reader waits for. */
const endless = new Set(['websocket', 'eventsource', 'ping']);

/** Knows when a page has stopped loading. */
export class NetworkQuiet {
  readonly #inFlight = new Set<Request>();
  #lastActivity = performance.now();

  constructor(page: Page) {
    page.on('request', (request) => {
      if (endless.has(request.resourceType())) return;
      this.#inFlight.add(request);
      this.#lastActivity = performance.now();
    });
    const end = (request: Request) => {
      if (this.#inFlight.delete(request)) this.#lastActivity = performance.now();
    };
    page.on('requestfinished', end);
    page.on('requestfailed', end);
  }

  /** Resolves when nothing has been loading for `quietMs`, or after `maxMs`: some pages never stop. */
  async wait(quietMs: number, maxMs: number): Promise<void> {
    const since = performance.now();
    while (performance.now() - since < maxMs) {
      const quietFor = this.#inFlight.size > 0 ? 0 : performance.now() - Math.max(since, this.#lastActivity);
      if (quietFor >= quietMs) return;
      await new Promise((resolve) => setTimeout(resolve, Math.max(20, quietMs - quietFor)));
    }
  }
}
