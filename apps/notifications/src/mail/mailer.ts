/** One rendered e-mail. */
export interface Mail {
  /** The id of the delivery, or of the code or sample that it is. */
  message_id: string;
  user_id: string;
  /** A bare address, without a display name. */
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Beside those that every mail has. */
  headers: Record<string, string>;
}

export interface MailReceipt {
  /** The provider's reply code, if it has such codes. */
  response_status: number | null;
  /** What the provider calls the mail, where it tells of it later. */
  provider_message_id: string | null;
}

/** Carries e-mails. Mails of the same message are recognisable as the same, for whoever gets one twice. */
export interface Mailer {
  readonly provider: 'sendgrid' | 'smtp' | 'outbox';
  /** Rejects with DeliveryFailure. */
  send(mail: Mail): Promise<MailReceipt>;
}
export const MAILER = Symbol.for('torale.Mailer');

export interface MailAddress {
  name: string;
  address: string;
}

/** The same for every attempt, so that mail programs and logs see a repeat as one message. */
export function messageIdOf(mail: Mail, from: MailAddress): string {
  return `<${mail.message_id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`;
}

/** Tells auto-responders that nobody reads the answer (RFC 3834). */
export const automaticMailHeaders = { 'Auto-Submitted': 'auto-generated' };
