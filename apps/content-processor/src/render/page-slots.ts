import { AppError } from '@torale/contracts';

/** As many turns at the same time as there are slots, in the order in which they were asked for. */
export class PageSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  /**
   * Resolves with what gives the slot back.
   * @param signal how long to wait; then rejects with AppError `service_unavailable`
   */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    return () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(new AppError('service_unavailable', 'Every tab of the browser is taken; try again later'));
      };
      this.#waiting.push(turn);
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}
