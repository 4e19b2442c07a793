/**
 * A process cannot start for a reason that whoever runs it can mend. The message says what to do and is all that is
 * shown: no stack, no cause.
 */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}
