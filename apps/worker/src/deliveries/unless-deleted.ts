import { AppError } from '@torale/contracts';

/** Whoever deletes a sentence does not want its alerts any more: then there is nothing left to do, or to try again. */
export async function unlessDeleted<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  }
}
