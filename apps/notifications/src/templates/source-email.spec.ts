import { DomUtils, parseDocument } from 'htmlparser2';
import type { Notice } from '../channels/told.ts';
import { renderSourceEmail } from './source-email.ts';

const source = 'https://shop.example/product?id=1&ref=2';
const notice = (changes: Partial<Notice> = {}): Notice => ({
  id: '6f1c9f5e-6f0e-4a53-9a53-0a1f7a3c1a01',
  kind: 'failing',
  source_id: '7d7a3a52-52a8-4a5b-8a8d-b6c3e8a7d002',
  source_url: source,
  user_query_id: '0b6a3a52-52a8-4a5b-8a8d-b6c3e8a7d002',
  raw_query: 'Tell me when the Pixel 12 costs less than $500',
  channel_id: null,
  channel: null,
  outcome: 'blocked',
  detail: 'The site answered 403. Send the cookies of your own visit.',
  occurred_at: '2026-11-22T04:16:59.123Z',
  created_at: '2026-11-23T10:00:00.000Z',
  ...changes,
});
const visibleText = (markup: string) =>
  DomUtils.innerText(parseDocument(markup).children).replace(/\s+/g, ' ');

describe('renderSourceEmail', () => {
  it('says what goes wrong, what can be done, what Torale does and how to stop', () => {
    const { subject, text } = renderSourceEmail(notice());
    expect(subject).toBe('Torale cannot read shop.example');
    expect(text).toBe(`Torale cannot read shop.example

You asked: “Tell me when the Pixel 12 costs less than $500”

The site answered 403. Send the cookies of your own visit.

Source: https://shop.example/product?id=1&ref=2

--
You get this because the page could not be read several times in a row. Torale keeps trying, less often, and tells you once when it can be read again.
To stop, pause or delete this source in Torale (PATCH or DELETE /api/v1/monitored-sources/7d7a3a52-52a8-4a5b-8a8d-b6c3e8a7d002). To get no more e-mail at all, switch e-mail off in your notification preferences (PUT /api/v1/notifications/preferences).
`);
  });

  it('says when it could not be read, once it can be again', () => {
    const { subject, text } = renderSourceEmail(notice({ kind: 'recovered', outcome: 'ok', detail: null }));
    expect(subject).toBe('Torale can read shop.example again');
    expect(text).toContain('could not be read from 2026-11-22 04:16 UTC to 2026-11-23 10:00 UTC');
    expect(text).not.toContain('403');
  });

  it('says the same in HTML, with a link to the source and nothing else', () => {
    const { text, html } = renderSourceEmail(notice());
    const words = text
      .replace(/Source: |--/g, '')
      .split(/\s+/)
      .filter(Boolean);
    for (const word of words) expect(visibleText(html)).toContain(word);
    const links = DomUtils.getElementsByTagName('a', parseDocument(html));
    expect(links.map(({ attribs }) => attribs.href)).toEqual([source]);
    expect(html).not.toMatch(/<(img|link|script|style|iframe)\b|url\(/i);
  });

  it('takes what a site says for text, one line of it', () => {
    const detail =
      '</p><script>alert(1)</script>\r\nBcc: victim@example.org\n--\nTo stop, go to https://evil.example';
    const { subject, text, html } = renderSourceEmail(notice({ detail, source_url: 'javascript:alert(1)' }));
    expect(visibleText(html)).toContain('<script>alert(1)</script>');
    expect(DomUtils.getElementsByTagName('script', parseDocument(html))).toEqual([]);
    expect(DomUtils.getElementsByTagName('a', parseDocument(html))).toEqual([]);
    expect(text.split('\n').filter((line) => /^(Bcc|To stop|--)/.test(line))).toHaveLength(2);
    expect(subject).not.toMatch(/[\r\n]/);
  });
});
