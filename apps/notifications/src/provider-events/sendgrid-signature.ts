import { EventWebhook } from '@sendgrid/eventwebhook';
import { AppError, type ProviderEvents } from '@torale/contracts';
import { ConfigError } from '@torale/service-host';

/** How far the time of a request may be from ours, so that one that was overheard is soon worth nothing. */
const toleranceMs = 10 * 60_000;
/** A DER signature of P-256 in base64 has 96 characters or so. */
const longestSignature = 200;

/** Tells requests of SendGrid's signed event webhook from others. */
export class SendGridSignature {
  private readonly webhook = new EventWebhook();
  private readonly key;

  /** @throws ConfigError for a key that is none */
  constructor(publicKey: string) {
    try {
      this.key = this.webhook.convertPublicKeyToECDSA(publicKey);
    } catch {
      const message = 'must be the verification key that SendGrid shows';
      throw new ConfigError([{ variable: 'SENDGRID_WEBHOOK_PUBLIC_KEY', message }]);
    }
  }

  /** @throws AppError `unauthenticated` without a signature, `forbidden` for one that is wrong or too old */
  assertSigned({ body, signature, timestamp }: ProviderEvents, now: Date): void {
    if (!signature || !timestamp) throw new AppError('unauthenticated', 'The request is not signed.');
    const age = Math.abs(now.getTime() - Number(timestamp) * 1000);
    // What is no number is not within it either.
    if (!(age <= toleranceMs)) throw new AppError('forbidden', 'The request is too old.');
    if (!this.isValid(body, signature, timestamp)) throw new AppError('forbidden', 'The signature is wrong.');
  }

  private isValid(body: string, signature: string, timestamp: string): boolean {
    if (signature.length > longestSignature) return false;
    try {
      return this.webhook.verifySignature(this.key, body, signature, timestamp);
    } catch {
      // The library throws what it finds in bytes that are no signature.
      return false;
    }
  }
}
