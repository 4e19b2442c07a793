import { AppError } from '@torale/contracts';

/** What a repository found; `not_found` for undefined, null and false, whether it never was or is another user's. */
export function found<T>(value: T | undefined | null | false, message: string): T {
  if (value === undefined || value === null || value === false) throw new AppError('not_found', message);
  return value;
}
