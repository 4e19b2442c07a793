import { AppError } from '@torale/contracts';
import OpenAI from 'openai';

/**
 * A failure of the OpenAI SDK as `service_unavailable` (down, rate limited, too late) or `upstream_failed`. Messages of
 * the provider stay in the cause: they can hold parts of the key.
 * @param what who was asked, e.g. `The language model`
 */
export function appErrorOf(error: unknown, what: string, model: string): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof OpenAI.APIUserAbortError || error instanceof OpenAI.APIConnectionTimeoutError) {
    return new AppError('service_unavailable', `${what} did not answer in time`, { cause: error });
  }
  if (error instanceof OpenAI.APIError && error.status !== undefined) {
    const { status } = error;
    if (status === 429 || status === 408 || status >= 500) {
      const retryAfter = Number(error.headers?.get('retry-after') ?? NaN);
      return new AppError('service_unavailable', `${what} is not available (HTTP ${status})`, {
        cause: error,
        retry_after_seconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
      });
    }
    return new AppError(
      'upstream_failed',
      `${what} refused the question (HTTP ${status}); check its key, its address and the model name "${model}"`,
      { cause: error },
    );
  }
  if (error instanceof SyntaxError) {
    return new AppError('upstream_failed', `${what} answered with no JSON`, { cause: error });
  }
  // APIConnectionError, or a connection that broke while the answer was read.
  return new AppError('service_unavailable', `${what} cannot be reached`, { cause: error });
}
