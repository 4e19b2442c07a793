import type { Database } from '@torale/database';
import type { ApiSession } from '@torale/testing';

/** What the resident memory of a process was, and when. */
export interface MemorySample {
  name: string;
  megabytes: number;
}

/** A running Torale that is going to be shot at. */
export interface Target {
  /** Where its API is. */
  readonly url: string;
  readonly memory: readonly MemorySample[];
  /** Starts that ended by themselves, as they may while what they need is dead, and were repeated. */
  readonly failedStarts: number;
  signUp(email: string): Promise<ApiSession>;
  /** Kills something with SIGKILL at a random moment, starts it again without waiting for it, and says what it was. */
  strike(): Promise<string>;
  /** Resolves when everything that was killed is ready again. */
  recover(): Promise<void>;
  /** Ends everything the orderly way, then gives the database to `work`. Rejects when something does not end well. */
  stop<T>(work: (database: Database) => Promise<T>): Promise<T>;
  /** Ends whatever still runs, by force. */
  destroy(): Promise<void>;
}
