/** An attempt at a delivery failed and another should follow. */
export class DeliveryFailed extends Error {
  override readonly name = 'DeliveryFailed';
  /** What the receiver asks to wait for; the job engine waits at least as long. */
  readonly retry_after_seconds: number | null;

  constructor(detail: string | null, retry_after_seconds: number | null) {
    super(detail ?? 'The delivery failed.');
    this.retry_after_seconds = retry_after_seconds;
  }
}
