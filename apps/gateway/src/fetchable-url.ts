import { AppError } from '@torale/contracts';
import { OutboundError, type OutboundHttp } from '@torale/outbound-http';

/** Tells a user at once that Torale will not fetch or call a URL: `address_refused` with the path `url`. */
export async function assertFetchable(outbound: OutboundHttp, url: string): Promise<void> {
  try {
    await outbound.assertAllowed(url);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw new AppError('address_refused', `url: ${error.message}`, {
      errors: [{ path: 'url', message: error.message }],
      cause: error,
    });
  }
}
