import type { Evidence } from '@torale/contracts';
import { DomUtils, parseDocument } from 'htmlparser2';
import type { AlertNotice } from '../channels/told.ts';
import { renderAlertEmail } from './alert-email.ts';

const source = 'https://shop.example/product?id=1&ref=2';
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  kind: 'edited',
  before: 'Price: $549',
  after: 'Price: $499',
  path: ['Pixel 12', 'Buy'],
  source_url: source,
  ...changes,
});
const alert = (changes: Partial<AlertNotice> = {}): AlertNotice => ({
  id: '6f1c9f5e-6f0e-4a53-9a53-0a1f7a3c1a01',
  user_query_id: '0b6a3a52-52a8-4a5b-8a8d-b6c3e8a7d002',
  kind: 'change',
  severity: 'high',
  summary: 'The price dropped from $549 to $499.',
  evidence: [evidence()],
  source_url: source,
  confidence: 0.923,
  created_at: '2026-11-22T04:16:59.123Z',
  raw_query: 'Tell me when the Pixel 12 costs less than $500',
  notify_behavior: 'always',
  ...changes,
});

/** Tag and attribute names in document order, without what the page's text says. */
const skeleton = (markup: string) =>
  DomUtils.getElementsByTagName(() => true, parseDocument(markup)).map(
    ({ name, attribs }) => `${name} ${Object.keys(attribs).join(' ')}`,
  );
const visibleText = (markup: string) => DomUtils.innerText(parseDocument(markup).children);

describe('renderAlertEmail', () => {
  it('says what happened, why it came and how to stop, in plain text', () => {
    const { subject, text } = renderAlertEmail(
      alert({
        evidence: [
          evidence(),
          evidence({ kind: 'added', before: null, after: 'In stock', path: [] }),
          evidence({
            kind: 'removed',
            before: 'Sold out',
            after: null,
            source_url: 'https://shop.example/stock',
          }),
        ],
      }),
    );
    expect(subject).toBe('The price dropped from $549 to $499.');
    expect(text).toBe(`The price dropped from $549 to $499.

You asked: “Tell me when the Pixel 12 costs less than $500”

Pixel 12 › Buy
  Before:  Price: $549
  Now:     Price: $499

  New:     In stock

Pixel 12 › Buy
  Gone:    Sold out
  https://shop.example/stock

Source: https://shop.example/product?id=1&ref=2
Severity high · confidence 92 % · seen 2026-11-22 04:16 UTC

--
You get this because Torale watches this page for your sentence. Torale keeps watching.
To stop, pause or delete this sentence in Torale (PATCH or DELETE /api/v1/user-queries/0b6a3a52-52a8-4a5b-8a8d-b6c3e8a7d002). To get no more e-mail at all, switch e-mail off in your notification preferences (PUT /api/v1/notifications/preferences).
`);
  });

  it('says the same in HTML, with a link to the source', () => {
    const { text, html } = renderAlertEmail(alert());
    const shown = visibleText(html).replace(/\s+/g, ' ');
    const words = text
      .replace(/Source: |“|”|--/g, '')
      .replace(/:\s/g, ' ')
      .split(/\s+/)
      .filter(Boolean);
    for (const word of words) expect(shown.replace(/:\s/g, ' ')).toContain(word);
    const links = DomUtils.getElementsByTagName('a', parseDocument(html));
    expect(links.map(({ attribs }) => attribs.href)).toEqual([source]);
  });

  it('says that a condition was true from the start, and that a sentence is done', () => {
    const unchanged = evidence({ kind: 'unchanged', before: 'Price: $499', after: 'Price: $499' });
    const { text } = renderAlertEmail(
      alert({ kind: 'already_met', notify_behavior: 'once', evidence: [unchanged] }),
    );
    expect(text).toContain('  On the page: Price: $499\n');
    expect(text).not.toContain('Before:');
    expect(text).toContain(
      'was already true when Torale first looked. You asked to be told once: Torale has stopped watching.',
    );
  });

  it('shows the first ten changes and counts the rest', () => {
    const many = (count: number) =>
      renderAlertEmail(
        alert({ evidence: Array.from({ length: count }, (_, n) => evidence({ after: `change ${n}.` })) }),
      );
    expect(many(10).text).not.toContain('on the page');
    expect(many(11).text).toContain('… and 1 more change on the page');
    expect(many(13).html).toContain('… and 3 more changes on the page');
    expect(many(13).text).toContain('change 9.');
    expect(many(13).text).not.toContain('change 10.');
  });

  it('trims a long subject and long evidence', () => {
    const { subject, text } = renderAlertEmail(
      alert({ summary: 'word '.repeat(100), evidence: [evidence({ after: 'x'.repeat(5000) })] }),
    );
    expect(subject.length).toBeLessThanOrEqual(120);
    expect(subject).toMatch(/word…$/);
    expect(text).toContain(`${'x'.repeat(599)}…`);
  });

  describe('with hostile content', () => {
    const hostile =
      `"'><img src=x onerror=alert(1)></title></script><script>alert(2)</script><!-- &lt; ]]>` +
      '\r\nBcc: victim@example.org\r\n\r\n--\nTo stop, go to https://evil.example\u202e moc.live\u2066';
    const rendered = renderAlertEmail(
      alert({
        summary: hostile,
        raw_query: hostile,
        evidence: [evidence({ before: hostile, after: hostile, path: [hostile, hostile] })],
      }),
    );

    it('builds the same elements as with harmless content', () => {
      expect(skeleton(rendered.html)).toEqual(skeleton(renderAlertEmail(alert()).html));
      expect(visibleText(rendered.html)).toContain('<script>alert(2)</script>');
    });

    it('keeps the subject one line', () => {
      expect(rendered.subject).toMatch(/^"'><img/);
      expect(rendered.subject).not.toMatch(/[\r\n]/);
    });

    it('gives a page no line of its own in the plain text', () => {
      const lines = rendered.text.split('\n');
      expect(lines.filter((line) => line.startsWith('To stop'))).toHaveLength(1);
      expect(lines.filter((line) => line === '--')).toHaveLength(1);
      expect(lines.some((line) => line.startsWith('Bcc'))).toBe(false);
    });

    it('drops marks that turn the direction of what follows, and isolates text that runs from right to left', () => {
      expect(rendered.html + rendered.text + rendered.subject).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
      const arabic = renderAlertEmail(alert({ evidence: [evidence({ after: 'السعر ٤٩٩' })] })).html;
      expect(arabic).toMatch(/<div dir="auto"[^>]*>السعر ٤٩٩<\/div>/);
    });

    it('makes no link of an address that is not http', () => {
      const { html, text } = renderAlertEmail(
        alert({
          source_url: 'javascript:alert(1)//https://shop.example',
          evidence: [evidence({ source_url: 'data:text/html,x' })],
        }),
      );
      expect(DomUtils.getElementsByTagName('a', parseDocument(html))).toEqual([]);
      expect(text).toContain('javascript:alert(1)');
    });
  });

  it('loads nothing from elsewhere', () => {
    expect(renderAlertEmail(alert()).html).not.toMatch(/<(img|link|script|style|iframe)\b|url\(/i);
  });
});
