import type { Page } from '@torale/contracts';
import type { ErrorClass } from './error-class.ts';

/** A job that was given up: tried as often as its queue allows, or not to be tried again by what its error says. */
export interface DeadLetter {
  id: string;
  queue: string;
  /** As it was enqueued; may be what nobody can read, which is then why it is here. */
  payload: unknown;
  /** Of the last try. */
  error: string;
  /** null where the engine ended the job without a try having said anything. */
  error_class: ErrorClass | null;
  attempts: number;
  /** ISO 8601. */
  first_failed_at: string;
  last_failed_at: string;
}

export interface DeadLetterQuery {
  /** Of this queue only. */
  queue?: string | undefined;
  /** `next_cursor` of the page before. */
  cursor?: string | undefined;
  limit: number;
}

/**
 * What was given up, for an operator. A dead letter stays until it is replayed or dropped, thirty days at most; what
 * had to follow for its owner has happened meanwhile, once.
 */
export interface DeadLetters {
  /**
   * The latest first.
   * @throws AppError `invalid_request` for a cursor that is none
   */
  list(query: DeadLetterQuery): Promise<Page<DeadLetter>>;
  /**
   * Enqueues the jobs anew, with all their tries, and removes the dead letters.
   * @returns the ids of those that were there; one whose consequences are still under way is left alone
   */
  replay(ids: readonly string[]): Promise<string[]>;
  /** Removes dead letters. Returns as `replay` does. */
  drop(ids: readonly string[]): Promise<string[]>;
}
export const DEAD_LETTERS = Symbol.for('torale.DeadLetters');
