import { readSentence } from './read-sentence.ts';

const comparison = (of: string, operator: string, amount: number, currency: string | null = null) =>
  expect.objectContaining({ kind: 'comparison', of, operator, amount, currency });
const movement = (direction: string, of = 'money', by: unknown = null) => ({
  kind: 'movement',
  of,
  direction,
  by,
});
const state = (name: string) => ({ kind: 'state', state: name });
const mention = (phrase: string, absent = false) => ({ kind: 'mention', phrase, absent });
const date = { kind: 'date_announced' };

describe('the reading of a sentence', () => {
  it.each<[string, unknown, string]>([
    // Comparisons
    [
      'Tell me when the price at http://127.0.0.1:4000/product drops below $500',
      comparison('money', 'below', 500, 'USD'),
      '',
    ],
    ['Tell me when the Aurora X2 drops below $500', comparison('money', 'below', 500, 'USD'), 'aurora x2'],
    ['Let me know if the Steam Deck goes under €400', comparison('money', 'below', 400, 'EUR'), 'steam deck'],
    [
      'Alert me when the iPhone 17 costs less than 700 euros',
      comparison('money', 'below', 700, 'EUR'),
      'iphone 17',
    ],
    [
      'Notify me when the price of the LG C4 is at most £899.99',
      comparison('money', 'at_most', 899.99, 'GBP'),
      'lg c4',
    ],
    [
      'when the Sony headphones are $199 or less',
      comparison('money', 'at_most', 199, 'USD'),
      'sony headphones',
    ],
    ['Tell me when the price of a PS5 falls to $399', comparison('money', 'at_most', 399, 'USD'), 'ps5'],
    ['price of the bike below 500', comparison('money', 'below', 500), 'bike'],
    ['Tell me when the hotel price exceeds 300 CHF', comparison('money', 'above', 300, 'CHF'), 'hotel'],
    ['Tell me when Bitcoin rises above $100,000', comparison('money', 'above', 100_000, 'USD'), 'bitcoin'],
    ['tell me when gold reaches $3,000', comparison('money', 'at_least', 3000, 'USD'), 'gold'],
    ['Tell me when the ticket costs 1 299 kr or less', comparison('money', 'at_most', 1299, 'kr'), 'ticket'],
    ['Tell me when the mortgage rate drops below 5%', comparison('percentage', 'below', 5), 'mortgage'],
    ['Tell me when unemployment exceeds 6 percent', comparison('percentage', 'above', 6), 'unemployment'],
    ['tell me when torale/torale passes 1000 stars', comparison('number', 'above', 1000), 'torale'],
    ['tell me when it passes 2000 stars', comparison('number', 'above', 2000), ''],
    ['Tell me when the repo has at least 10,000 stars', comparison('number', 'at_least', 10_000), 'repo'],
    [
      'Tell me when the temperature in Oslo is over 30 degrees',
      comparison('number', 'above', 30),
      'temperature oslo',
    ],
    [
      'Tell me when the waiting list has fewer than 20 people',
      comparison('number', 'below', 20),
      'waiting list',
    ],
    [
      'Tell me when the waiting time is less than 30 minutes',
      comparison('duration', 'below', 1800),
      'waiting',
    ],
    [
      'Tell me when the S&P 500 index hits 7000 points',
      comparison('number', 'at_least', 7000),
      's p 500 index',
    ],
    // Movements
    ['Tell me when the price drops', movement('down'), ''],
    ['Tell me when the Kindle gets cheaper', movement('down'), 'kindle'],
    ['Tell me when the price of the Kindle is reduced', movement('down'), 'kindle'],
    ['Tell me about any price drop for the Kindle', movement('down'), 'kindle'],
    ['Tell me when Netflix raises: price increase', movement('up'), 'netflix raises'],
    ['Tell me when the rent goes up', movement('up'), ''],
    ['Tell me when the price changes', movement('any'), ''],
    ['any change in the price of the Vitamix 5200', movement('any'), 'vitamix 5200'],
    [
      'Tell me when the price of the GPU drops by 10%',
      movement('down', 'money', { amount: 10, of: 'percentage' }),
      'gpu',
    ],
    [
      'Tell me when the price of the GPU falls by more than $50',
      movement('down', 'money', { amount: 50, of: 'money' }),
      'gpu',
    ],
    // States
    ['Tell me when the Raspberry Pi 6 is in stock', state('available'), 'raspberry pi 6'],
    ['Tell me when the PS5 Pro is back in stock', state('available'), 'ps5 pro'],
    ['Notify me as soon as size 42 becomes available', state('available'), 'size 42'],
    ['Let me know when tickets for Radiohead go on sale', state('available'), 'tickets radiohead'],
    ['Tell me when the board is restocked', state('available'), 'board'],
    ['Tell me if the concert sells out', state('unavailable'), 'concert'],
    ['Tell me when the early-bird tickets are sold out', state('unavailable'), 'early bird tickets'],
    ['Tell me if the flight LH400 is cancelled', state('cancelled'), 'flight lh400'],
    ['Alert me if the match is postponed', state('postponed'), 'match'],
    ['Tell me when the Fairphone 6 is available for pre-order', state('preorder'), 'fairphone 6'],
    ['Tell me when registration for the marathon opens', state('open'), 'registration marathon'],
    ['Tell me when the pass road is closed', state('closed'), 'pass road'],
    ['Tell me when the Model S is discontinued', state('discontinued'), 'model s'],
    // Dates
    ['tell me when the next Pixel gets a release date', date, 'pixel'],
    ['Tell me when the release date of GTA VI is announced', date, 'gta vi'],
    ['Tell me when the Aurora X3 has a launch date', date, 'aurora x3'],
    ['Tell me when Nintendo announces a release date for Metroid', date, 'nintendo metroid'],
    ['Tell me when the exam dates are published', date, ''],
    ['Let me know when the date for the election is set', date, 'election'],
    ['Tell me when the launch is announced', date, ''],
    // Mentions
    ['Tell me when the page mentions "solid state battery"', mention('solid state battery'), ''],
    ['Tell me when the changelog mentions dark mode', mention('dark mode'), 'changelog'],
    ['Tell me when the word "recall" appears on the page', mention('recall'), ''],
    ['Tell me when the page no longer says "beta"', mention('beta', true), ''],
    // Neither: news about something
    ['Tell me about new research on perovskite solar cells', null, 'research perovskite solar cells'],
    ['any news about the Artemis III mission', null, 'artemis iii mission'],
    [
      'Watch https://example.com/jobs for engineering positions in Berlin',
      null,
      'engineering positions berlin',
    ],
    ['Tell me when OpenAI changes its privacy policy', null, 'openai privacy policy'],
    ['Tell me when Python 3.15 is released', null, 'python 3.15 released'],
  ])('%s', (sentence, condition, subject) => {
    const reading = readSentence(sentence, null);
    expect(reading.condition).toEqual(condition);
    expect(reading.subject).toBe(subject);
    expect(reading.anyChange).toBe(false);
  });

  it.each([
    'Tell me when anything changes on http://127.0.0.1:4000/status',
    'tell me when anything real changes on this page',
    'Watch https://example.com/terms',
    'Tell me when https://example.com is updated',
    'any change',
  ])('asks for any change: %s', (sentence) => {
    expect(readSentence(sentence, null)).toMatchObject({ condition: null, subject: '', anyChange: true });
  });

  it('takes the condition from its own field first', () => {
    const reading = readSentence(
      'Watch the Aurora X2 at https://example.com/x2',
      'the price is below 500 USD',
    );
    expect(reading.condition).toMatchObject({
      kind: 'comparison',
      operator: 'below',
      amount: 500,
      currency: 'USD',
    });
    expect(reading.subject).toBe('aurora x2');
    expect(reading.attribute).toBe('price');
  });

  it('adds a condition that it cannot type to what is asked about', () => {
    const reading = readSentence('Watch https://example.com/board', 'only when the chief executive resigns');
    expect(reading.condition).toBeNull();
    expect(reading.subject).toBe('chief executive resigns');
  });

  it('knows which value is watched', () => {
    expect(readSentence('tell me when it passes 1000 stars', null)).toMatchObject({ attribute: 'stars' });
    expect(readSentence('tell me when it passes 1000 stars', null).asked).toContain('star');
  });
});
