/** How many jobs that ended are looked at together, at least. */
const SMALLEST_SAMPLE = 8;
/** More failures than this share of a sample: too much is asked of something. */
const FAILURES = 1 / 3;
/** Slower than this many times the usual: jobs wait for each other. */
const SLOWER = 2;
/** What is faster is not slow, however much faster it can be. */
const NOTICEABLE_MS = 20;
/** What is usual drifts towards what is, or one quick sample would count for ever. */
const DRIFT = 1.1;

/**
 * How many jobs may run at the same time: additive increase, multiplicative decrease, as TCP finds the width of a
 * path. Doubles until something gives for the first time, then adds one per sample that ran at the limit; takes a
 * quarter off when jobs slow down, half when they fail.
 */
export class AdaptiveLimit {
  readonly #min: number;
  readonly #max: number;
  #value: number;
  #exploring = true;
  #usualMs: number | undefined;
  #durationsMs: number[] = [];
  #failures = 0;
  #wasReached = false;

  constructor({ min, max, start = min }: { min: number; max: number; start?: number }) {
    this.#min = Math.min(min, max);
    this.#max = max;
    this.#value = Math.max(this.#min, Math.min(start, max));
  }

  get value(): number {
    return this.#value;
  }

  /** As many jobs run as may: only then does it say anything that they go well. */
  reached(): void {
    this.#wasReached = true;
  }

  ended(durationMs: number, failed: boolean): void {
    if (this.#min === this.#max) return;
    if (failed) this.#failures += 1;
    this.#durationsMs.push(durationMs);
    if (this.#durationsMs.length < Math.max(this.#value, SMALLEST_SAMPLE)) return;
    this.#adapt(median(this.#durationsMs), this.#failures / this.#durationsMs.length);
    this.#durationsMs = [];
    this.#failures = 0;
    this.#wasReached = false;
  }

  #adapt(typicalMs: number, failures: number): void {
    const usualMs = this.#usualMs ?? typicalMs;
    if (failures > FAILURES) this.#shrinkTo(this.#value / 2);
    else if (typicalMs > Math.max(usualMs * SLOWER, NOTICEABLE_MS)) this.#shrinkTo(this.#value * 0.75);
    else if (this.#wasReached) {
      this.#value = Math.min(this.#max, this.#exploring ? this.#value * 2 : this.#value + 1);
    }
    // Failures are often quick, which says nothing.
    if (failures <= FAILURES) this.#usualMs = Math.min(typicalMs, usualMs * DRIFT);
  }

  #shrinkTo(value: number): void {
    this.#exploring = false;
    this.#value = Math.max(this.#min, Math.floor(value));
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
