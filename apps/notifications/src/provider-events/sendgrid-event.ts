import { z } from 'zod';
import { singleLine } from '../single-line.ts';

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event, as far as it says what became of a mail. */
const eventSchema = z.object({
  event: z.string(),
  /** What the mail was sent with. */
  delivery_id: z.uuid().optional().catch(undefined),
  /** The id of the mail, and behind its first dot which of SendGrid's machines had it. */
  sg_message_id: z.string().optional().catch(undefined),
  reason: z.string().optional().catch(undefined),
  response: z.string().optional().catch(undefined),
  /** Of a bounce: `bounce` for an address that does not take mail, `blocked` for a mail that was not taken. */
  type: z.string().optional().catch(undefined),
  /** Seconds since the epoch. */
  timestamp: z.number(),
});

/** What an event means for the delivery and for its channel. */
export interface MailNews {
  delivery_id: string | null;
  provider_message_id: string | null;
  at: Date;
  /** Null: the mail is where it was. */
  status: 'delivered' | 'bounced' | 'failed' | null;
  /** Why it is on its way still, or will not arrive; null: nothing to say. */
  reason: string | null;
  /** `disable`: the address takes no mail, or none of ours. `mute`: its owner has had enough. */
  channel: 'disable' | 'mute' | null;
}

/** Addresses that SendGrid itself sends nothing to any more. */
const suppressed = /bounced address|spam reporting address|invalid|unsubscribed address/i;

/** Null for an event that says nothing of where a mail is: opened, clicked, one of a newer kind. */
export function newsOf(event: unknown): MailNews | null {
  const parsed = eventSchema.safeParse(event);
  if (!parsed.success) return null;
  const { delivery_id = null, sg_message_id, type, timestamp } = parsed.data;
  const said = singleLine(parsed.data.reason ?? parsed.data.response ?? '', 300);
  const news = (rest: Partial<Pick<MailNews, 'status' | 'reason' | 'channel'>>): MailNews => ({
    delivery_id,
    provider_message_id: sg_message_id?.split('.', 1)[0] || null,
    // The end of that second: what happened before it, within it, happened before.
    at: new Date(timestamp * 1000 + 999),
    status: null,
    reason: null,
    channel: null,
    ...rest,
  });
  switch (parsed.data.event) {
    case 'delivered':
      return news({ status: 'delivered' });
    case 'deferred':
      return news({ reason: sentence('The mail server of the recipient lets it wait', said) });
    case 'bounce':
      return news({
        status: 'bounced',
        reason: sentence('The mail server of the recipient refused it', said),
        channel: type === 'blocked' ? null : 'disable',
      });
    case 'dropped':
      return news({
        status: 'failed',
        reason: sentence('SendGrid did not send it', said),
        channel: suppressed.test(said) ? 'disable' : null,
      });
    case 'spamreport':
      return news({ channel: 'disable', reason: 'The recipient reported a mail as spam.' });
    case 'unsubscribe':
    case 'group_unsubscribe':
      return news({ channel: 'mute' });
    default:
      return null;
  }
}

const sentence = (what: string, said: string): string => (said ? `${what}: ${said}` : `${what}.`);
