/**
 * What a failed attempt says of the next one.
 * - `transient`: the other side is down, slow or busy; worth every attempt.
 * - `doubtful`: a refusal that a deployment on the other side can cause for a moment; worth a few.
 * - `permanent`: the same again whenever it is tried.
 * - `gone`: permanent, and so is every other message to this channel: its other end has unsubscribed or is no more.
 */
export type FailureKind = 'transient' | 'doubtful' | 'permanent' | 'gone';

const doubtfulAttempts = 3;

/** How many attempts, the first one included, a delivery gets whose last attempt failed in this way. */
export function attemptsAllowed(kind: FailureKind, maxAttempts: number): number {
  if (kind === 'transient') return maxAttempts;
  return kind === 'doubtful' ? Math.min(doubtfulAttempts, maxAttempts) : 1;
}

/**
 * An attempt that failed on the other side. The message is shown to the user. It carries no `cause`: the errors
 * of HTTP and SMTP clients hold credentials, and causes end up in logs.
 */
export class DeliveryFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly responseStatus: number | null = null,
    /** When the other side said it may be tried again, seconds from now. */
    readonly retryAfterSeconds: number | null = null,
    /** The beginning of what it answered, as one line. */
    readonly responseExcerpt: string | null = null,
  ) {
    super(message);
    this.name = 'DeliveryFailure';
  }
}
