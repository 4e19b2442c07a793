import type { Block, NotifyBehavior } from '@torale/contracts';
import { readSentence } from '../sentence/read-sentence.ts';
import { judge, type Judgement } from './judge.ts';

type Line = string | (Partial<Block> & { text: string });
const page = (...lines: Line[]): Block[] => {
  const path: string[] = [];
  return lines.map((line) => {
    const block: Block = {
      kind: 'paragraph',
      path: [...path],
      hash: '',
      ...(typeof line === 'string' ? { text: line } : line),
    };
    const heading = /^(#+) (.*)/.exec(block.text);
    if (!heading) return block;
    path.splice(heading[1]!.length - 1, path.length, heading[2]!);
    return { ...block, kind: 'heading', text: heading[2]!, path: path.slice(0, -1) };
  });
};
const row = (cells: Record<string, string>): Line => ({
  kind: 'table_row',
  text: Object.values(cells).join(' | '),
  cells: Object.entries(cells).map(([header, text]) => ({ header, text })),
});
const item = (key: string, text: string): Line => ({ kind: 'feed_item', key, text });

interface Case {
  ask: string;
  condition?: string;
  notify?: NotifyBehavior;
  title?: string;
  ignoredText?: string[];
  before: Line[] | null;
  after: Line[];
}
const url = 'https://shop.example/x2';
const version = (title: string | undefined, lines: Line[], day: string) => ({
  title: title ?? null,
  blocks: page(...lines),
  fetched_at: `${day}T08:00:00.000Z`,
});
const judged = ({
  ask,
  condition,
  notify = 'once',
  title,
  ignoredText = [],
  before,
  after,
}: Case): Promise<Judgement> =>
  judge(
    {
      reading: readSentence(ask, condition ?? null),
      notifyBehavior: notify,
      ignoredText,
      sourceUrl: url,
      before: before && version(title, before, '2026-11-21'),
      after: version(title, after, '2026-11-22'),
    },
    null,
  );

const anything = `Tell me when anything changes on ${url}`;
const below = `Tell me when the price at ${url} drops below $500`;
const shop = (price: string, extra: Line[] = []): Line[] => [
  '# Aurora X2',
  'A camera for night skies.',
  price,
  'Free shipping on orders over $75.',
  ...extra,
];

describe('conditions on a price', () => {
  it.each<[string, Case, Judgement['verdict'], string]>([
    [
      'falls below the bound',
      { ask: below, before: shop('$549.00'), after: shop('$499.00') },
      'alert',
      'Price fell from $549.00 to $499.00, below $500.',
    ],
    [
      'falls, but not enough',
      { ask: below, before: shop('$549.00'), after: shop('$519.00') },
      'changed',
      'Price fell from $549.00 to $519.00, not below $500.',
    ],
    ['rises', { ask: below, before: shop('$549.00'), after: shop('$599.00') }, 'changed', 'not below $500'],
    [
      'stays below, told once',
      { ask: below, before: shop('$489.00'), after: shop('$479.00') },
      'changed',
      'below $500 as before',
    ],
    [
      'moves below, told always',
      { ask: below, notify: 'always', before: shop('$489.00'), after: shop('$479.00') },
      'alert',
      'Price fell from $489.00 to $479.00, below $500.',
    ],
    [
      'is below already',
      { ask: below, before: null, after: shop('$449.00') },
      'alert',
      'Price is already $449.00, below $500.',
    ],
    ['is above at first', { ask: below, before: null, after: shop('$549.00') }, 'baseline', '$549.00'],
    [
      'the shipping bound changes',
      {
        ask: below,
        before: shop('$549.00'),
        after: ['# Aurora X2', 'A camera for night skies.', '$549.00', 'Free shipping on orders over $50.'],
      },
      'changed',
      'still $549.00',
    ],
    [
      'a saving is announced in the same line',
      { ask: below, before: shop('$549.00'), after: shop('Was $549.00 Now $489.00 Save $60.00') },
      'alert',
      'from $549.00 to $489.00',
    ],
    [
      'the old price is struck through before the new',
      {
        ask: below,
        before: shop('$549.00'),
        after: [
          '# Aurora X2',
          'A camera for night skies.',
          '$549.00',
          '$489.00',
          'Free shipping on orders over $75.',
        ],
      },
      'alert',
      '$489.00',
    ],
    [
      'only the old price of a sale falls',
      { ask: below, before: shop('RRP $699 Our price $549'), after: shop('RRP $449 Our price $549') },
      'changed',
      'still $549',
    ],
    [
      'another product in a list of recommendations is cheap',
      {
        ask: below,
        before: shop('$549.00', ['## You may also like', 'Aurora Mini $599']),
        after: shop('$549.00', ['## You may also like', 'Aurora Mini $199']),
      },
      'noise',
      'a list of recommendations',
    ],
    [
      'in German notation',
      {
        ask: 'Tell me when the price drops below 500 EUR',
        before: shop('1.049,00 €'),
        after: shop('499,00 €'),
      },
      'alert',
      'from 1.049,00 € to 499,00 €',
    ],
    [
      'in another currency than the bound',
      { ask: below, before: shop('€549'), after: shop('€399') },
      'changed',
      'no price to compare with $500',
    ],
    [
      'the price disappears',
      { ask: below, before: shop('$549.00'), after: shop('Price on request') },
      'changed',
      'no price',
    ],
    [
      'a digit anagram',
      { ask: 'Tell me when the price drops below $20', before: shop('$21'), after: shop('$12') },
      'alert',
      'from $21 to $12',
    ],
    [
      'exactly the bound is not below it',
      { ask: below, before: shop('$549'), after: shop('$500') },
      'changed',
      'not below',
    ],
    [
      'exactly the bound is at most it',
      { ask: 'Tell me when it costs at most $500', before: shop('$549'), after: shop('$500') },
      'alert',
      'at most $500',
    ],
    [
      'above',
      {
        ask: 'Tell me when Bitcoin rises above $100,000',
        before: ['# Bitcoin', '$99,500'],
        after: ['# Bitcoin', '$100,250'],
      },
      'alert',
      'rose from $99,500 to $100,250, above $100,000',
    ],
    [
      'the condition in its own field',
      { ask: `Watch ${url}`, condition: 'price below $500', before: shop('$549'), after: shop('$499') },
      'alert',
      'below $500',
    ],
  ])('%s', async (_, given, verdict, words) => {
    const judgement = await judged(given);
    expect(judgement).toMatchObject({ verdict, reason: expect.stringContaining(words) });
    if (judgement.alert) expect(judgement.alert.condition_met).toBe(true);
  });

  it('reads the row and the column that the sentence names', async () => {
    const plans = (pro: string, team: string, ask: string): Case => ({
      ask,
      before: [
        '# Plans',
        row({ Plan: 'Pro', Price: '$25', Seats: '1' }),
        row({ Plan: 'Team', Price: '$60', Seats: '5' }),
        row({ Plan: 'Scale', Price: '$90', Seats: '20' }),
        'From $5',
        'Add-ons from $3',
      ],
      after: [
        '# Plans',
        row({ Plan: 'Pro', Price: pro, Seats: '1' }),
        row({ Plan: 'Team', Price: team, Seats: '5' }),
        row({ Plan: 'Scale', Price: '$90', Seats: '20' }),
        'From $5',
        'Add-ons from $3',
      ],
    });
    const ask = 'Tell me when the price of the Team plan drops below $50';
    expect(await judged(plans('$10', '$60', ask))).toMatchObject({ verdict: 'changed' });
    expect(await judged(plans('$25', '$45', ask))).toMatchObject({
      verdict: 'alert',
      alert: { summary: 'Price fell from $60 to $45, below $50.' },
    });
  });

  it('does not take the price of another item of a list for the one asked about', async () => {
    const list = (...lines: string[]): Line[] => ['# Cameras', ...lines];
    const ask = 'Tell me when the Aurora X2 drops below $500';
    const others = ['Nova $300', 'Vega $320', 'Lyra $280', 'Orion $310'];
    expect(await judged({ ask, before: null, after: list(...others) })).toMatchObject({
      verdict: 'baseline',
    });
    expect(
      await judged({
        ask,
        before: list(...others, 'Aurora X2 $549'),
        after: list(...others, 'Aurora X2 $489'),
      }),
    ).toMatchObject({ verdict: 'alert' });
    expect(
      await judged({
        ask,
        before: list(...others, 'Aurora X2 $549'),
        after: list('Nova $250', ...others.slice(1), 'Aurora X2 $549'),
      }),
    ).toMatchObject({ verdict: 'changed' });
  });

  it('shows the blocks it was decided on', async () => {
    const { alert } = await judged({ ask: below, before: shop('$549.00'), after: shop('$499.00') });
    expect(alert).toMatchObject({
      kind: 'change',
      severity: 'high',
      judged_by: 'rules',
      evidence: [
        { kind: 'edited', before: '$549.00', after: '$499.00', path: ['Aurora X2'], source_url: url },
      ],
    });
    expect(alert!.similarity).toBeGreaterThan(0.8);
    expect(alert!.confidence).toBeGreaterThan(0.9);
  });
});

describe('other conditions', () => {
  const next = (line: string, title = 'Aurora X3 – what we know'): Line[] => [
    '# Aurora X3',
    'The next Aurora camera is in development.',
    line,
    title,
  ];
  const dated = 'Tell me when the Aurora X3 gets a release date';
  const stock = 'Tell me when the Aurora X2 is back in stock';
  const stars = (count: string): Line[] => ['# torale', `${count} stars`, '12 forks', '3 open issues'];
  it.each<[string, Case, Judgement['verdict'], string]>([
    [
      'the price drops',
      { ask: 'Tell me when the price drops', before: shop('$549'), after: shop('$529') },
      'alert',
      'Price fell from $549 to $529.',
    ],
    [
      'the price rises instead',
      { ask: 'Tell me when the price drops', before: shop('$549'), after: shop('$569') },
      'changed',
      'Price rose from $549 to $569',
    ],
    [
      'by ten percent',
      { ask: 'Tell me when the price drops by 10%', before: shop('$500'), after: shop('$449') },
      'alert',
      'fell from $500 to $449',
    ],
    [
      'by less than ten percent',
      { ask: 'Tell me when the price drops by 10%', before: shop('$500'), after: shop('$470') },
      'changed',
      'fell from $500 to $470',
    ],
    [
      'back in stock',
      { ask: stock, before: shop('$549', ['Sold out']), after: shop('$549', ['In stock']) },
      'alert',
      'Now available: “In stock”, was “Sold out”.',
    ],
    [
      'the notice of being sold out goes',
      { ask: stock, before: shop('$549', ['Sold out', 'Add to cart']), after: shop('$549', ['Add to cart']) },
      'alert',
      'Now available',
    ],
    [
      'still sold out',
      { ask: stock, before: shop('$549', ['Sold out']), after: shop('$499', ['Sold out']) },
      'changed',
      'not available',
    ],
    [
      'in stock at first',
      { ask: stock, before: null, after: shop('$549', ['In stock']) },
      'alert',
      'Already available',
    ],
    [
      'pre-order is not stock',
      { ask: stock, before: shop('$549', ['Sold out']), after: shop('$549', ['Pre-order now']) },
      'changed',
      'not available',
    ],
    [
      'sells out',
      {
        ask: 'Tell me if the concert sells out',
        before: ['# Concert', 'Tickets available'],
        after: ['# Concert', 'Sold out'],
      },
      'alert',
      'Now sold out',
    ],
    [
      'is cancelled',
      {
        ask: 'Tell me if the concert is cancelled',
        before: ['# Concert', 'Friday at 20:00'],
        after: ['# Concert', 'This concert has been cancelled'],
      },
      'alert',
      'Now cancelled',
    ],
    [
      'one size of many',
      {
        ask: 'Tell me when size 42 becomes available',
        before: [
          '# Boots',
          'Size 41: in stock',
          'Size 42: sold out',
          'Size 43: in stock',
          'Size 44: in stock',
        ],
        after: [
          '# Boots',
          'Size 41: in stock',
          'Size 42: in stock',
          'Size 43: in stock',
          'Size 44: in stock',
        ],
      },
      'alert',
      'Size 42: in stock',
    ],
    [
      'another size',
      {
        ask: 'Tell me when size 42 becomes available',
        before: [
          '# Boots',
          'Size 41: sold out',
          'Size 42: sold out',
          'Size 43: in stock',
          'Size 44: in stock',
        ],
        after: [
          '# Boots',
          'Size 41: in stock',
          'Size 42: sold out',
          'Size 43: in stock',
          'Size 44: in stock',
        ],
      },
      'changed',
      'not available',
    ],
    [
      'gets a date',
      {
        ask: dated,
        before: next('The release date has not been announced yet.'),
        after: next('The Aurora X3 will be released on March 14, 2027.'),
      },
      'alert',
      'A date is announced: March 14, 2027',
    ],
    [
      'a rumour is no date',
      {
        ask: dated,
        before: next('The release date has not been announced yet.'),
        after: next('A leak says it could be released on March 14, 2027.'),
      },
      'changed',
      'no date is announced',
    ],
    [
      'a day gone by is no date',
      {
        ask: dated,
        before: next('The release date has not been announced yet.'),
        after: next('Its predecessor was released on March 14, 2024.'),
      },
      'changed',
      'no date is announced',
    ],
    [
      'a quarter is a date',
      { ask: dated, before: next('Release: TBA'), after: next('Release: Q3 2027') },
      'alert',
      'Q3 2027',
    ],
    [
      'a date in German',
      {
        ask: dated,
        before: next('Ein Datum steht nicht fest.'),
        after: next('Die Aurora X3 erscheint am 14. März 2027.'),
      },
      'alert',
      '14. März 2027',
    ],
    [
      'no date at first',
      { ask: dated, before: null, after: next('The release date has not been announced yet.') },
      'baseline',
      'no date',
    ],
    [
      'a counter that is asked about is no noise',
      { ask: 'tell me when it passes 1000 stars', before: stars('998'), after: stars('1,002') },
      'alert',
      'Stars rose from 998 to 1,002, above 1000.',
    ],
    [
      'a counter that is asked about, below the bound',
      { ask: 'tell me when it passes 1000 stars', before: stars('990'), after: stars('998') },
      'changed',
      'Stars rose from 990 to 998',
    ],
    [
      'a rate',
      {
        ask: 'Tell me when the mortgage rate drops below 5%',
        before: ['# Mortgage rates', '30 years fixed: 5.1%'],
        after: ['# Mortgage rates', '30 years fixed: 4.9%'],
      },
      'alert',
      'fell from 5.1% to 4.9%',
    ],
    [
      'mentions',
      {
        ask: 'Tell me when the page mentions "solid state battery"',
        before: ['# News', 'Nothing new.'],
        after: ['# News', 'Nothing new.', 'We build solid-state batteries now.'],
      },
      'alert',
      'now mentions “solid state battery”',
    ],
    [
      'mentions already',
      {
        ask: 'Tell me when the page mentions "recall"',
        before: null,
        after: ['# News', 'A recall was issued.'],
      },
      'alert',
      'already mentions',
    ],
    [
      'no longer says',
      {
        ask: 'Tell me when the page no longer says "beta"',
        before: ['# App', 'Now in beta'],
        after: ['# App', 'Now for all'],
      },
      'alert',
      'no longer mentions “beta”',
    ],
  ])('%s', async (_, given, verdict, words) => {
    expect(await judged(given)).toMatchObject({ verdict, reason: expect.stringContaining(words) });
  });
});

describe('any change', () => {
  const status = (...extra: Line[]): Line[] => ['# Service status', 'All systems operational.', ...extra];
  it.each<[string, Line[], Line[], Judgement['verdict'], string]>([
    ['nothing', status(), status(), 'unchanged', 'reads the same'],
    ['a clock', status('Local time: 09:00:00'), status('Local time: 11:12:13'), 'noise', 'a clock'],
    [
      'a time told from now',
      status('Updated 3 minutes ago'),
      status('Updated 5 minutes ago'),
      'noise',
      'told from now',
    ],
    [
      'a time told from now, in French',
      status('Mis à jour il y a 3 minutes'),
      status('Mis à jour il y a 12 minutes'),
      'noise',
      'told from now',
    ],
    [
      'the date of the visit',
      status('Today is November 21, 2026'),
      status('Today is November 22, 2026'),
      'noise',
      'date of the visit',
    ],
    [
      'another date',
      status('Effective May 30, 2025'),
      status('Effective May 30, 2026'),
      'alert',
      'May 30, 2025 became May 30, 2026',
    ],
    [
      'a view counter',
      status('1204 people viewed this page'),
      status('1377 people viewed this page'),
      'noise',
      'a counter',
    ],
    ['a counter in words of another order', status('Likes: 12'), status('Likes: 15'), 'noise', 'a counter'],
    [
      'a nonce',
      status('Request ID: 8f3a91bc77d0'),
      status('Request ID: 1b22ce90aa41'),
      'noise',
      'identifier',
    ],
    [
      'a UUID',
      status('3f1c8a52-1111-4222-8333-444455556666'),
      status('9e1c8a52-1111-4222-8333-444455550000'),
      'noise',
      'identifier',
    ],
    [
      'an advertisement',
      status('Sponsored: Fly to Lisbon from $89'),
      status('Sponsored: Fly to Porto from $49'),
      'noise',
      'advertisement',
    ],
    [
      'recommendations',
      status('## Recommended for you', 'Ten best lenses'),
      status('## Recommended for you', 'Five best tripods'),
      'noise',
      'recommendations',
    ],
    [
      'an advertisement, in French',
      status('## Publicité', 'Lisbonne dès 89 €'),
      status('## Publicité', 'Porto dès 49 €'),
      'noise',
      'advertisement',
    ],
    [
      'an outage',
      status('Shop: operational'),
      status('Shop: partial outage'),
      'alert',
      'operational became partial outage',
    ],
    ['a copyright year', status('© 2026 Nordlicht'), status('© 2027 Nordlicht'), 'noise', 'copyright'],
    [
      'a cookie banner',
      status(),
      status('We use cookies. Accept all or manage your preferences.'),
      'noise',
      'cookie',
    ],
    [
      'case and punctuation',
      status('Shop: operational'),
      status('SHOP - Operational.'),
      'unchanged',
      'reads the same',
    ],
    [
      'curly quotes and long dashes',
      status('It\'s "fine" - really'),
      status('It’s “fine” — really'),
      'unchanged',
      'reads the same',
    ],
    [
      'another order',
      status('Shop: operational', 'Chat: operational', 'Mail: operational'),
      status('Mail: operational', 'Shop: operational', 'Chat: operational'),
      'noise',
      'another order',
    ],
    [
      'text cut into blocks elsewhere',
      status('One sentence. Another sentence.'),
      status('One sentence.', 'Another sentence.'),
      'unchanged',
      'reads the same',
    ],
    ['a status', status('Shop: operational'), status('Shop: outage'), 'alert', 'outage'],
    ['a negation', status('Refunds are possible.'), status('Refunds are not possible.'), 'alert', 'not'],
    [
      'a modality',
      status('We may share your data.'),
      status('We will share your data.'),
      'alert',
      'may became will',
    ],
    [
      'a number beside a clock',
      status('5 outages at 09:00:00'),
      status('7 outages at 11:12:13'),
      'alert',
      '5 became 7',
    ],
    [
      'a tick in a table',
      status(row({ Feature: 'Export', Free: '✗' })),
      status(row({ Feature: 'Export', Free: '✓' })),
      'alert',
      '',
    ],
    ['a currency', status('Fee: $12'), status('Fee: €12'), 'alert', '$12 became €12'],
    ['a decimal point', status('Fee: $1.50'), status('Fee: $150'), 'alert', '$1.50 became $150'],
    [
      'a version',
      status('Current release: v2.10'),
      status('Current release: v2.11'),
      'alert',
      'v2.10 became v2.11',
    ],
    [
      'a paragraph more',
      status(),
      status('We now deliver to Norway.'),
      'alert',
      'New: “We now deliver to Norway.”',
    ],
    [
      'a paragraph less',
      status('We now deliver to Norway.'),
      status(),
      'alert',
      'Gone: “We now deliver to Norway.”',
    ],
    [
      'a new item of a feed',
      [item('1', 'First post')],
      [item('2', 'Second post'), item('1', 'First post')],
      'alert',
      'New: “Second post”',
    ],
    [
      'an item that a feed no longer shows',
      [item('2', 'Second post'), item('1', 'First post')],
      [item('2', 'Second post')],
      'unchanged',
      '',
    ],
  ])('%s', async (_, before, after, verdict, words) => {
    expect(await judged({ ask: anything, before, after })).toMatchObject({
      verdict,
      reason: expect.stringContaining(words),
    });
  });
});

describe('news about something', () => {
  const jobs = (...lines: string[]): Line[] => ['# Jobs', 'We are hiring.', ...lines];
  const ask = 'Watch https://example.com/jobs for engineering positions in Berlin';
  it('alerts on a change that names it', async () => {
    const judgement = await judged({
      ask,
      before: jobs('Sales, Paris'),
      after: jobs('Sales, Paris', 'Engineering manager, Berlin'),
    });
    expect(judgement).toMatchObject({
      verdict: 'alert',
      alert: { condition_met: null, severity: 'medium', evidence: [{ kind: 'added' }] },
    });
  });
  it('stays silent on a change that does not', async () => {
    const judgement = await judged({
      ask,
      before: jobs('Sales, Paris'),
      after: jobs('Sales, Paris', 'Cook, Rome'),
    });
    expect(judgement).toMatchObject({
      verdict: 'changed',
      reason: expect.stringContaining('not about “engineering positions berlin”'),
    });
  });
  it('takes what the title names as given', async () => {
    const judgement = await judged({
      ask: 'any news about the Artemis III mission',
      title: 'Artemis III mission',
      before: ['The crew is in training.'],
      after: ['The crew is in training.', 'Launch preparations have begun.'],
    });
    expect(judgement).toMatchObject({ verdict: 'alert' });
  });
});

describe('the work it takes', () => {
  it('judges a thousand blocks with one percent changed well within 20 ms', async () => {
    const lines = (changed: boolean): Line[] =>
      Array.from(
        { length: 1000 },
        (_, index) =>
          `Item ${index}: a line about thing number ${index * 7} that costs $${(changed && index % 100 === 0 ? 5 : 3) + index} today.`,
      );
    const [before, after] = [lines(false), lines(true)];
    const given = { ask: anything, before, after };
    for (let warm = 0; warm < 5; warm++) await judged(given);
    const times: number[] = [];
    for (let round = 0; round < 9; round++) {
      const start = process.cpuUsage();
      await judged(given);
      const { user, system } = process.cpuUsage(start);
      times.push((user + system) / 1000);
    }
    expect(times.sort((a, b) => a - b)[4]).toBeLessThan(20);
  });
});

test('what its owner wants to make no difference makes none, and is shown all the same', async () => {
  const ignoredText = ['/\\d+ people/', 'sponsored*'];
  const ask = 'tell me when this page changes';
  const before = ['$549 and 12 people look at it', 'Sponsored: Lisbon'];
  const quiet = await judged({ ask, ignoredText, before, after: ['$549 and 19 people look at it'] });
  expect(quiet.verdict).toBe('unchanged');
  const cheaper = await judged({ ask, ignoredText, before, after: ['$499 and 19 people look at it'] });
  expect(cheaper.alert?.evidence).toMatchObject([
    { before: '$549 and 12 people look at it', after: '$499 and 19 people look at it' },
  ]);
  expect(cheaper.alert?.summary).not.toContain('19');
});
