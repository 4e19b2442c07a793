import { FakeSite, productPage, statusPage } from '@torale/testing';
import type { Random } from './random.ts';

/** A price that a page was given, and no other page or moment ever has. */
export interface Change {
  path: string;
  price: number;
}

const html = { 'content-type': 'text/html; charset=utf-8' };
/** One page in ten changes when it is told to, one changes at every visit in what nobody asked about. */
const EVERY = 10;

const pathOf = (page: number) => `/page/${page}`;

/** The site that is watched, and the record of what really changed on it. */
export class ChangingSite {
  readonly changes: Change[] = [];
  readonly #site: FakeSite;
  readonly #changing: string[] = [];
  /** Pages whose last change nobody has been alerted of so far. */
  readonly #unnoticed = new Set<string>();
  #pages = 0;
  #prices = 1000;
  #noises = 0;

  private constructor(site: FakeSite) {
    this.#site = site;
  }

  static async start(): Promise<ChangingSite> {
    return new ChangingSite(await FakeSite.start());
  }

  get visits(): number {
    return this.#site.requests.length;
  }

  /** Puts up one more page and returns the sentence that watches it. */
  addPage(): string {
    const number = this.#pages;
    const sentence = this.addStillPage();
    const path = pathOf(number);
    if (number % EVERY === 0) this.#changing.push(path);
    if (number % EVERY !== 1) return sentence;
    this.#site.set(path, () => ({ headers: html, body: statusPage(this.#noise()) }));
    return `Tell me when anything changes on ${this.#site.url}${path}`;
  }

  /** Like `addPage`, for a page that stays as it is. */
  addStillPage(): string {
    const path = pathOf(this.#pages++);
    this.#serve(path, this.#nextPrice());
    return `Tell me when the price at ${this.#site.url}${path} changes`;
  }

  /**
   * Changes the price on one page, unless every page waits for its last change to be noticed: a change that is
   * overtaken by the next within one interval is no change that anybody could be told of.
   */
  change(random: Random): void {
    const free = this.#changing.filter((path) => !this.#unnoticed.has(path));
    if (free.length === 0) return;
    const path = random.pick(free);
    const price = this.#nextPrice();
    this.#unnoticed.add(path);
    this.changes.push({ path, price });
    this.#serve(path, price);
  }

  /** There is an alert of this price. */
  noticed(price: number): void {
    const last = this.changes.findLast((change) => change.price === price);
    if (last && this.changes.findLast((change) => change.path === last.path) === last)
      this.#unnoticed.delete(last.path);
  }

  close(): Promise<void> {
    return this.#site.close();
  }

  #nextPrice(): number {
    return this.#prices++;
  }

  #serve(path: string, price: number): void {
    const etag = `"${price}"`;
    const headers = { ...html, etag };
    const body = productPage({ price });
    this.#site.set(path, (request) =>
      request.headers['if-none-match'] === etag ? { status: 304, headers } : { headers, body },
    );
  }

  #noise() {
    const visit = ++this.#noises;
    return {
      clock: new Date(visit * 1000).toISOString().slice(11, 19),
      views: 1204 + visit,
      csrfToken: visit.toString(16).padStart(32, '7'),
      ad: visit % 2 ? 'Sponsored: Fly to Oslo from $119' : 'Sponsored: Fly to Lisbon from $89',
    };
  }
}
