import type { ChannelKind, Severity } from '@torale/contracts';
import type { Told } from '../channels/told.ts';

/** A message in words; each channel puts it into the form that it takes. */
export interface Rendered {
  /** One line. */
  title: string;
  /** Plain text; where the channel has a markup of its own, nothing in it is meant as such. */
  text: string;
  /** A whole document, for e-mail. */
  html: string;
  /** Where to see for oneself; null when there is no one place. */
  url: string | null;
  severity: Severity | null;
}

/** Puts what is told into words, by the templates of the user or else by Torale's own. */
export interface MessageRenderer {
  render(userId: string, kind: ChannelKind, told: Told): Promise<Rendered>;
}
export const MESSAGE_RENDERER = Symbol.for('torale.MessageRenderer');
