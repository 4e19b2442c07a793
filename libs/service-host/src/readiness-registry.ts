import { Injectable } from '@nestjs/common';

/** Rejects, or hangs, when the thing does not work. */
export type ReadinessCheck = (signal: AbortSignal) => Promise<unknown>;

/**
 * What `/health/ready` asks. Modules add what they cannot work without:
 * `@Inject(ReadinessRegistry) readiness` and in `onModuleInit`: `readiness.add('database', () => …)`.
 */
@Injectable()
export class ReadinessRegistry {
  readonly #checks = new Map<string, ReadinessCheck>();

  /** Modules that share a dependency add it under one name; it is checked once. */
  add(name: string, check: ReadinessCheck): void {
    this.#checks.set(name, check);
  }

  entries(): [name: string, check: ReadinessCheck][] {
    return [...this.#checks];
  }
}
