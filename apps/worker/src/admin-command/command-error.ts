/** Says in words for people what is wrong and what to do about it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
