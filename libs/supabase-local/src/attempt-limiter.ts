/**
 * Counts attempts per key in a fixed window, in memory: guessing a password over HTTP becomes slow, and a restart
 * forgets. Memory is bounded by dropping what has expired once `maxKeys` are known.
 */
export class AttemptLimiter {
  private readonly windows = new Map<string, { attempts: number; endsAt: number }>();

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
    private readonly maxKeys = 10_000,
  ) {}

  /** Takes one attempt; false when the window has none left. */
  take(key: string): boolean {
    const now = Date.now();
    const current = this.windows.get(key);
    if (current && current.endsAt > now) return ++current.attempts <= this.limit;
    if (this.windows.size >= this.maxKeys) this.drop(now);
    this.windows.set(key, { attempts: 1, endsAt: now + this.windowMs });
    return true;
  }

  reset(key: string): void {
    this.windows.delete(key);
  }

  private drop(now: number): void {
    for (const [key, { endsAt }] of this.windows) if (endsAt <= now) this.windows.delete(key);
    // Windows are inserted in the order they end: the first is the oldest.
    const [oldest] = this.windows.keys();
    if (oldest !== undefined && this.windows.size >= this.maxKeys) this.windows.delete(oldest);
  }
}
