import { Injectable } from '@nestjs/common';
import type { Told } from '../channels/told.ts';
import { renderAlertEmail } from './alert-email.ts';
import { html } from './html.ts';
import type { Letter } from './letter.ts';
import type { MessageRenderer, Rendered } from './message-renderer.ts';
import { renderSourceEmail } from './source-email.ts';

/** The words of the letters, whatever the channel. */
@Injectable()
export class LetterRenderer implements MessageRenderer {
  async render(_: unknown, { told }: { told: Told }): Promise<Rendered> {
    const { subject: title, ...letter } = letterOf(told);
    const url = told.type === 'alert' ? told.alert.source_url : null;
    const severity = told.type === 'alert' ? told.alert.severity : null;
    return { title, ...letter, url, severity, unsubscribe_url: null };
  }
}

function letterOf(told: Told): Letter {
  switch (told.type) {
    case 'alert':
      return renderAlertEmail(told.alert);
    case 'notice':
      return renderSourceEmail(told.notice);
    case 'digest':
      throw new Error('No letter tells a digest yet');
    case 'verification': {
      const text = `Your code is ${told.code}. It is valid for 15 minutes. If you did not ask for it, do nothing.`;
      return { subject: `Your Torale code: ${told.code}`, text, html: html`<p>${text}</p>`.markup };
    }
  }
}
