import { escapeUTF8 } from 'entities';
import type { Subscription } from './unsubscribe.repository.ts';

/** Where the page's button goes: the address it came from, by POST. */
export function unsubscribePage({ target, raw_query, has_ended }: Subscription): string {
  const mails =
    raw_query === null
      ? `Torale tells <b>${escapeUTF8(target)}</b> nothing more, of any query.`
      : `Torale tells <b>${escapeUTF8(target)}</b> nothing more of “${escapeUTF8(raw_query)}”. Its alerts are still recorded, and other channels still tell of it.`;
  const undo =
    raw_query === null
      ? 'To be told again, unmute the channel in Torale.'
      : 'To be told again, take the channel out of those that are unsubscribed, in the settings of the query in Torale.';
  return page(
    has_ended ? 'Unsubscribed' : 'Unsubscribe',
    has_ended
      ? `<p>${mails}</p><p class="quiet">${undo}</p>`
      : `<p>After this, ${mails}</p>
      <form method="post"><button>Unsubscribe</button></form>
      <p class="quiet">${undo}</p>`,
  );
}

export const noSubscriptionPage = (why: string): string =>
  page('Nothing to unsubscribe', `<p>${escapeUTF8(why)}.</p>`);

const page = (title: string, content: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex" />
    <title>${title} · Torale</title>
    <style>
      :root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
      body { max-width: 32rem; margin: 12vh auto; padding: 0 1.25rem; overflow-wrap: anywhere; }
      button { font: inherit; font-weight: 600; padding: 0.5rem 1.1rem; border: 0; border-radius: 0.5rem; background: #1f5fbf; color: #fff; cursor: pointer; }
      .quiet { opacity: 0.7; font-size: 0.9rem; }
    </style>
  </head>
  <body>
    <h1>${title}</h1>
    ${content}
  </body>
</html>
`;
