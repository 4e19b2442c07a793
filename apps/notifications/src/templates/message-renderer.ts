import type { ChannelKind, Severity } from '@torale/contracts';
import type { OutgoingMessage } from '../channels/delivery-channel.ts';

/** A message in words; each channel puts it into the form that it takes. */
export interface Rendered {
  /** One line: the subject of an e-mail, the headline elsewhere. */
  title: string;
  /** Plain text; where the channel has a markup of its own, nothing in it is meant as such. */
  text: string;
  /** A whole document, for e-mail; empty elsewhere. */
  html: string;
  /** Where to see for oneself; null when there is no one place. */
  url: string | null;
  severity: Severity | null;
  /** Ends it with one click (RFC 8058); null for what nobody unsubscribes from, and without PUBLIC_URL. */
  unsubscribe_url: string | null;
}

/** Whether a channel takes a text whole. */
export type Fits = (text: string) => boolean;

/** Puts what is told into words, by the templates of the user or else by Torale's own. */
export interface MessageRenderer {
  /** Of a digest the text names as much as fits, and says how much more there is. */
  render(
    kind: ChannelKind,
    message: Pick<OutgoingMessage, 'user_id' | 'channel_id' | 'told'>,
    fits?: Fits,
  ): Promise<Rendered>;
}
export const MESSAGE_RENDERER = Symbol.for('torale.MessageRenderer');
