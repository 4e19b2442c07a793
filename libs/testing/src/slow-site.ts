import { setTimeout as sleep } from 'node:timers/promises';
import { FakeSite } from './fake-site.ts';
import { productPage } from './sample-pages.ts';

/** Pages that take their time, and the record of which were asked for again meanwhile. */
export class SlowSite {
  /** Paths that were requested while an earlier request for them was still open. */
  readonly overlaps: string[] = [];
  /** Requests that were answered. */
  answered = 0;
  readonly #site: FakeSite;
  readonly #open = new Map<string, number>();

  private constructor(site: FakeSite) {
    this.#site = site;
  }

  static async start(): Promise<SlowSite> {
    return new SlowSite(await FakeSite.start());
  }

  /** How many pages are being answered right now. */
  get busy(): number {
    return this.#open.size;
  }

  /**
   * Puts up a page and returns its address.
   * @param answer when to answer: after so many milliseconds, or once that resolves
   */
  add(path: string, answer: () => number | Promise<void>): string {
    this.#site.set(path, async (_request, response) => {
      const open = this.#open.get(path) ?? 0;
      if (open > 0) this.overlaps.push(path);
      this.#open.set(path, open + 1);
      response.once('close', () => {
        const left = this.#open.get(path)! - 1;
        if (left > 0) this.#open.set(path, left);
        else this.#open.delete(path);
      });
      const until = answer();
      await (typeof until === 'number' ? sleep(until) : until);
      this.answered++;
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(productPage({ price: 549 }));
    });
    return this.#site.url + path;
  }

  close(): Promise<void> {
    return this.#site.close();
  }
}
