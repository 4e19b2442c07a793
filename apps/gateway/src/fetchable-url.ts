import { AppError } from '@torale/contracts';
import { OutboundError, type OutboundHttp } from '@torale/outbound-http';

/** Tells a user at once that Torale will not fetch or call a URL: `address_refused` with the path of its field. */
export async function assertFetchable(outbound: OutboundHttp, url: string, path = 'url'): Promise<void> {
  try {
    await outbound.assertAllowed(url);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw new AppError('address_refused', `${path}: ${error.message}`, {
      errors: [{ path, message: error.message }],
      cause: error,
    });
  }
}
