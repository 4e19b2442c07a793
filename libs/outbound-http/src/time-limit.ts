import { OutboundError } from './outbound-http.ts';

/** Time that several pieces of work share; what passes between them does not count. */
export class TimeLimit {
  readonly #totalMs: number;
  readonly #callers: AbortSignal | undefined;
  #leftMs: number;

  /** @param callers the caller's own wish to stop */
  constructor(totalMs: number, callers: AbortSignal | undefined) {
    this.#totalMs = totalMs;
    this.#leftMs = totalMs;
    this.#callers = callers;
  }

  /** @param work told to stop, by an OutboundError as the reason, when the time is up or the caller gives up */
  async apply<T>(host: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const gaveUp = () => abort.abort(new OutboundError('timeout', `${host} did not answer in time`));
    const abort = new AbortController();
    const started = performance.now();
    const timer = setTimeout(
      () => abort.abort(new OutboundError('total_timeout', `${host} took longer than ${this.#totalMs} ms`)),
      this.#leftMs,
    );
    this.#callers?.addEventListener('abort', gaveUp);
    if (this.#callers?.aborted) gaveUp();
    try {
      return await work(abort.signal);
    } finally {
      clearTimeout(timer);
      this.#callers?.removeEventListener('abort', gaveUp);
      this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - started));
    }
  }
}
