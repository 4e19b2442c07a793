import type { Evidence, MessageTemplate, TemplateAbout } from '@torale/contracts';
import { templateAboutSchema } from '@torale/contracts';
import { DomUtils, parseDocument } from 'htmlparser2';
import type { AlertNotice, Notice, Told } from '../channels/told.ts';
import { parseTemplate } from './bounded-template.ts';
import { defaultTemplates } from './default-templates.ts';
import type { Links } from './message-view.ts';
import { assertTemplate, renderMessage, variablesOf } from './render-message.ts';

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
const notice = (changes: Partial<Notice> = {}): Notice => ({
  id: '6f1c9f5e-6f0e-4a53-9a53-0a1f7a3c1a02',
  kind: 'failing',
  source_id: '6f1c9f5e-6f0e-4a53-9a53-0a1f7a3c1a03',
  source_url: 'https://shop.example:8443/product',
  user_query_id: '0b6a3a52-52a8-4a5b-8a8d-b6c3e8a7d002',
  raw_query: 'Tell me when it is in stock',
  channel_id: null,
  channel: null,
  outcome: 'blocked',
  detail: 'The site answered 403.',
  occurred_at: '2026-11-21T04:16:59.123Z',
  created_at: '2026-11-22T04:16:59.123Z',
  ...changes,
});

const nowhere: Links = { publicUrl: null, unsubscribeUrl: null };
const links: Links = {
  publicUrl: 'https://torale.example',
  unsubscribeUrl: 'https://torale.example/api/v1/unsubscribe?token=abc',
};
const mail = (told: Told, template: MessageTemplate | null = null, where = links) =>
  renderMessage('email', told, where, template);
const ofAlert = (changes: Partial<AlertNotice> = {}): Told => ({ type: 'alert', alert: alert(changes) });
const ofNotice = (changes: Partial<Notice> = {}): Told => ({ type: 'notice', notice: notice(changes) });
const digest = (alerts: AlertNotice[], notices: Notice[] = []): Told => ({
  type: 'digest',
  digest: { id: alert().id, due_at: '2026-11-22T08:00:00.000Z', alerts, notices },
});

const elements = (html: string) => DomUtils.getElementsByTagName(() => true, parseDocument(html));
/** Tag and attribute names in document order, without what the page's text says. */
const skeleton = (html: string) =>
  elements(html).map(({ name, attribs }) => `${name} ${Object.keys(attribs).join(' ')}`);
const shown = (html: string) =>
  DomUtils.innerText(DomUtils.getElementsByTagName('body', parseDocument(html))).replace(/\s+/g, ' ');
const hrefs = (html: string) =>
  DomUtils.getElementsByTagName('a', parseDocument(html)).map(({ attribs }) => attribs['href']);

describe('a mail', () => {
  const everything = ofAlert({
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
  });

  it('says what happened, why it came and how to end it, in plain text', () => {
    const { title, text } = mail(everything);
    expect(title).toBe('The price dropped from $549 to $499.');
    expect(text).toBe(`The price dropped from $549 to $499.

You asked: “Tell me when the Pixel 12 costs less than $500”

› Pixel 12 › Buy
  − Price: $549
  + Price: $499

  + In stock

› Pixel 12 › Buy
  − Sold out
  https://shop.example/stock

Source: https://shop.example/product?id=1&ref=2
In Torale: https://torale.example/alerts/6f1c9f5e-6f0e-4a53-9a53-0a1f7a3c1a01
Severity high · confidence 92 % · seen 2026-11-22 04:16 UTC

--
You get this because Torale watches this page for your sentence. Torale keeps watching.
To stop, mute, pause or delete the query in Torale (PATCH or DELETE /api/v1/user-queries/0b6a3a52-52a8-4a5b-8a8d-b6c3e8a7d002).
Get no more mail about this query: https://torale.example/api/v1/unsubscribe?token=abc
`);
  });

  it('says the same in HTML, with what changed within its line', () => {
    const { html } = mail(everything);
    expect(shown(html)).toContain('Price: $549 499');
    const texts = (name: string) =>
      DomUtils.getElementsByTagName(name, parseDocument(html)).map((element) => DomUtils.innerText(element));
    expect(texts('del')).toEqual(['549', 'Sold out']);
    expect(texts('ins')).toEqual(['499', 'In stock']);
    expect(hrefs(html)).toEqual([
      'https://shop.example/stock',
      source,
      'https://torale.example/alerts/6f1c9f5e-6f0e-4a53-9a53-0a1f7a3c1a01',
      links.unsubscribeUrl,
    ]);
    for (const words of [
      'You asked: “Tell me when',
      'Severity high · confidence 92 %',
      'Torale keeps watching.',
    ]) {
      expect(shown(html)).toContain(words);
    }
  });

  it('has no links to a Torale that has no address', () => {
    const { text, html } = mail(ofAlert(), null, nowhere);
    expect(hrefs(html)).toEqual([source]);
    expect(text).not.toContain('In Torale');
    expect(text).not.toContain('Get no more mail');
    expect(text).toContain('PATCH or DELETE /api/v1/user-queries/');
  });

  it('says that a condition was true from the start, and that a query is done', () => {
    const unchanged = evidence({ kind: 'unchanged', before: 'In stock', after: 'In stock' });
    const { text, html } = mail(
      ofAlert({ kind: 'already_met', notify_behavior: 'once', evidence: [unchanged] }),
    );
    expect(text).toContain('\n  In stock\n');
    expect(text).not.toMatch(/^ {2}[+−]/m);
    expect(shown(html)).toContain('On the page Pixel 12 › Buy In stock');
    expect(text).toContain(
      'was already true when Torale first looked. You asked to be told once: Torale has stopped watching.',
    );
  });

  it('shows the first ten changes and counts the rest', () => {
    const many = (count: number) =>
      mail(
        ofAlert({
          evidence: Array.from({ length: count }, (_, n) =>
            evidence({ kind: 'added', before: null, after: `change ${n}.` }),
          ),
        }),
      );
    expect(many(10).text).not.toContain('on the page');
    expect(many(11).text).toContain('… and 1 more change on the page');
    expect(shown(many(13).html)).toContain('… and 3 more changes on the page');
    expect(many(13).text).toContain('change 9.');
    expect(many(13).text).not.toContain('change 10.');
  });

  it('cuts a long subject and long evidence', () => {
    const { title, text } = mail(
      ofAlert({
        summary: 'word '.repeat(100),
        evidence: [evidence({ before: null, after: 'x'.repeat(5000) })],
      }),
    );
    expect(title.length).toBeLessThanOrEqual(200);
    expect(title).toMatch(/word…$/);
    expect(text).toContain(`${'x'.repeat(600)} …`);
    expect(text).not.toContain('x'.repeat(601));
  });

  it.each([
    [{}, 'Torale cannot read shop.example:8443', 'The site answered 403.'],
    [{ detail: null }, 'Torale cannot read shop.example:8443', 'The page could not be read.'],
    [
      { kind: 'recovered' },
      'Torale can read shop.example:8443 again',
      'could not be read from 2026-11-21 04:16 UTC to 2026-11-22 04:16 UTC',
    ],
    [
      { kind: 'completed', source_url: null },
      'You have been told what you asked for',
      'Torale has stopped watching',
    ],
    [
      {
        kind: 'channel_disabled',
        source_url: null,
        raw_query: null,
        user_query_id: null,
        channel: 'slack hooks.slack.com/…a1b2',
        detail: 'Every attempt since Monday has failed.',
      },
      'Torale cannot reach you by slack hooks.slack.com/…a1b2',
      'Every attempt since Monday has failed.',
    ],
  ] as [Partial<Notice>, string, string][])('tells of a notice %j', (changes, title, detail) => {
    const told = mail(ofNotice(changes));
    expect(told.title).toBe(title);
    expect(told.text).toContain(detail);
    expect(shown(told.html)).toContain(detail);
    expect(told.text).not.toMatch(/null|undefined/);
  });

  it('tells of everything in a digest', () => {
    const { title, text, html } = mail(digest([alert(), alert({ summary: 'It is in stock.' })], [notice()]));
    expect(title).toBe('Torale: 2 alerts and 1 notice');
    const told = [
      'The price dropped',
      'It is in stock.',
      'Torale cannot read shop.example',
      'The site answered 403.',
    ];
    for (const words of told) {
      expect(text).toContain(words);
      expect(shown(html)).toContain(words);
    }
    expect(text).toContain('Get no more mail at this address');
    const many = mail(digest(Array.from({ length: 60 }, () => alert())));
    expect(many.title).toBe('Torale: 60 alerts');
    expect(many.text).toContain('… and 10 more in Torale');
    expect(many.text.match(/You asked/g)).toHaveLength(50);
  });

  it.each(['email', 'slack', 'telegram', 'web_push'] as const)(
    'names what fits of a digest of fifty pages that were rewritten, by %s, and counts the rest',
    (kind) => {
      const rewritten = evidence({ before: 'old '.repeat(500), after: 'new '.repeat(500) });
      const alerts = Array.from({ length: 50 }, (_, index) =>
        alert({ summary: `Page ${index + 1} is another one.`, evidence: Array(10).fill(rewritten) }),
      );
      const { title, text, html } = renderMessage(kind, digest(alerts), links, null);
      expect(title).toBe('Torale: 50 alerts');
      const named = text.match(/^Page \d+ is another one\.$/gm)!.length;
      expect(named).toBeGreaterThan(10);
      if (kind !== 'web_push') expect(text).toContain(`… and ${50 - named} more`);
      if (kind === 'email') expect(html).toContain(`Page ${named} is another one.`);
    },
  );

  it('brings a code', () => {
    const told: Told = { type: 'verification', code: '042137', expires_at: '2026-11-22T08:15:00.000Z' };
    const { title, text, html } = mail(told);
    expect(title).toBe('042137 is your Torale code');
    expect(text).toContain('until 08:15 UTC');
    expect(shown(html)).toContain('042137');
    expect(hrefs(html)).toEqual([]);
  });

  it('loads nothing from elsewhere', () => {
    for (const told of [ofAlert(), ofNotice(), digest([alert()], [notice()])]) {
      expect(mail(told).html).not.toMatch(/<(img|link|script|iframe|base)\b|url\(|@import/i);
    }
  });
});

describe('with hostile content', () => {
  const hostile =
    `"'><img src=x onerror=alert(1)></title></style></script><script>alert(2)</script><!-- &lt; ]]>{{summary}}{{#changes}}` +
    '\r\nBcc: victim@example.org\r\n\r\n--\nTo stop, go to https://evil.example\u202e moc.live\u2066';
  const told = (text: string) =>
    digest(
      [
        alert({
          summary: text,
          raw_query: text,
          evidence: [evidence({ kind: 'added', before: null, after: text, path: [text] })],
        }),
      ],
      [notice({ detail: text, raw_query: text })],
    );
  const single = (text: string) =>
    ofAlert({
      summary: text,
      raw_query: text,
      evidence: [evidence({ kind: 'added', before: null, after: text, path: [text] })],
    });

  it('builds the same elements as with harmless content', () => {
    for (const make of [told, single]) {
      expect(skeleton(mail(make(hostile)).html)).toEqual(skeleton(mail(make('harmless')).html));
      expect(shown(mail(make(hostile)).html)).toContain('<script>alert(2)</script>');
    }
  });

  it('keeps the title one line, and fills in nothing twice', () => {
    const { title } = mail(single(hostile));
    expect(title).toMatch(/^"'><img/);
    expect(title).not.toMatch(/[\r\n]/);
    expect(title).toContain('{{summary}}');
  });

  it('gives a page no line of its own in the plain text', () => {
    const lines = mail(single(hostile)).text.split('\n');
    expect(lines.filter((line) => line.startsWith('To stop'))).toHaveLength(1);
    expect(lines.filter((line) => line === '--')).toHaveLength(1);
    expect(lines.some((line) => line.startsWith('Bcc'))).toBe(false);
  });

  it('drops marks that turn the direction of what follows, and isolates text that runs from right to left', () => {
    const { html, text, title } = mail(single(hostile));
    expect(html + text + title).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    const arabic = mail(
      ofAlert({ evidence: [evidence({ kind: 'added', before: null, after: 'السعر ٤٩٩' })] }),
    );
    expect(arabic.html).toMatch(/<div class="passage" dir="auto"[^>]*><ins[^>]*>السعر ٤٩٩<\/ins><\/div>/);
  });

  it('makes no link of an address that is not http', () => {
    const { html, text } = mail(
      ofAlert({
        source_url: 'javascript:alert(1)//https://shop.example',
        evidence: [evidence({ source_url: 'data:text/html,x' })],
      }),
      null,
      nowhere,
    );
    expect(hrefs(html)).toEqual([]);
    expect(text).toContain('javascript:alert(1)');
  });
});

describe('templates', () => {
  it.each(Object.keys(defaultTemplates) as (keyof typeof defaultTemplates)[])(
    'of Torale’s own for %s use what they may',
    (kind) => {
      for (const about of templateAboutSchema.options) {
        const { title, text } = defaultTemplates[kind][about];
        for (const part of [title, text]) expect(() => parseTemplate(part, variablesOf[about])).not.toThrow();
      }
    },
  );

  it.each([
    ['alert', ofAlert()],
    ['notice', ofNotice()],
    ['digest', digest([alert()], [notice()])],
  ] as [TemplateAbout, Told][])('can say everything that %s variables promise', (about, told) => {
    const all = (variables: (typeof variablesOf)[TemplateAbout]): string =>
      variables
        .map(({ name, items }) => (items ? `{{#${name}}}${all(items)}{{/${name}}}` : `${name}={{${name}}}\n`))
        .join('');
    const { text } = mail(told, { title: 'x', text: all(variablesOf[about]) });
    // Lookups that miss fall through to what is around them: a promise that is not kept shows as that, or as nothing.
    const absent = ['more', 'found', 'url', 'more_items'];
    for (const [, name, value] of text.split('\n--\n')[0]!.matchAll(/^(\w+)=(.*)$/gm)) {
      if (!absent.includes(name!)) expect(`${name} ${value}`).not.toBe(`${name} `);
    }
  });

  it('of a user say what Torale would, in text and in HTML, and never what ends the mail', () => {
    const { title, text, html } = mail(ofAlert(), {
      title: '[{{severity}}] {{summary}}\nBcc: x',
      text: '<b>{{summary}}</b>\n\n\n\n{{#changes}}now {{after}}{{/changes}}',
    });
    expect(title).toBe('[high] The price dropped from $549 to $499. Bcc: x');
    expect(text).toMatch(/^<b>The price dropped from \$549 to \$499\.<\/b>\n\nnow Price: \$499\n\n--\n/);
    expect(text).toContain(`Get no more mail about this query: ${links.unsubscribeUrl}`);
    expect(shown(html)).toContain('<b>The price dropped from $549 to $499.</b> now Price: $499');
    expect(elements(html).filter(({ name }) => name === 'b')).toEqual([]);
    expect(hrefs(html)).toEqual([links.unsubscribeUrl]);
  });

  it('for chats and screens are short, and say nothing of mails', () => {
    for (const kind of ['slack', 'ntfy'] as const) {
      const { title, text } = renderMessage(kind, ofAlert(), nowhere, null);
      expect(title).toBe('The price dropped from $549 to $499.');
      expect(text).toContain('− Price: $549\n');
      expect(text).not.toContain('mail');
      expect(text).not.toContain('--');
    }
  });

  it('that are not fit are refused with every fault and its place', () => {
    const assert = () =>
      assertTemplate('notice', { title: '{{sumary}}', text: 'Hello\n{{#changes}}{{/changes}}' }, 'notice');
    expect(assert).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        errors: [
          { path: 'notice.title', message: 'line 1, column 1: there is no variable sumary here' },
          { path: 'notice.text', message: 'line 2, column 1: there is no variable changes here' },
        ],
      }),
    );
  });
});
