import { around, edit, type Case } from './case.ts';

const rise = 'Tell me when the price of the Aurora X2 rises by 5 %';
const [red, blue] = [around('Discover the sky in red.'), around('See the night in blue.')];
const quotes = [
  'The best camera I own.',
  'My dog loves it too.',
  'It survived a fall.',
  'Five years and counting.',
  'A gift that shines.',
  'I bought two.',
];
const quotedAt = (n: number) => around(`“${quotes[n % 6]}”`);
const priceAt = (n: number) => around(`Now only $${500 + 7 * n}`);

/** What only the checks before can tell: creep, flapping, and places that change by themselves. */
export const history: Case[] = [
  { why: 'small steps add up to 5 % since the last alert', ask: rise, notify: 'always', before: around('$2000'), after: around('$2050'), alerted: around('$1950'), verdict: 'alert', says: 'in small steps' },
  { why: 'the same step without the creep', ask: rise, notify: 'always', before: around('$2000'), after: around('$2050'), alerted: around('$2000'), verdict: 'changed' },
  { why: 'creep that is not enough yet', ask: rise, notify: 'always', before: around('$1950'), after: around('$2000'), alerted: around('$1950'), verdict: 'changed' },
  { why: 'creep back is none', ask: rise, notify: 'always', before: around('$2050'), after: around('$2000'), alerted: around('$1950'), verdict: 'changed' },
  { why: 'creep by an amount', ask: 'Tell me when the price of the Aurora X2 drops by $100', notify: 'always', before: around('$1900'), after: around('$1850'), alerted: around('$1950'), verdict: 'alert', says: 'from $1950 to $1850' },
  { why: 'creep past a bound alerts at the step that passes it', ask: 'Tell me when the price of the Aurora X2 rises above $2080', before: around('$2050'), after: around('$2100'), alerted: around('$1950'), verdict: 'alert', says: 'above $2080' },
  { why: 'creep short of the bound', ask: 'Tell me when the price of the Aurora X2 rises above $2080', before: around('$2000'), after: around('$2050'), alerted: around('$1950'), verdict: 'changed' },
  { why: 'a value that was out of sight is no news when it is back', ask: 'Tell me when the Aurora X2 drops below $500', before: around('Loading the offer'), after: around('$480'), alerted: around('$480'), verdict: 'changed' },
  { why: 'an A/B test goes back and forth', before: blue, after: red, history: [red], verdict: 'noise', says: 'back and forth' },
  { why: 'a form that was never seen is new', before: blue, after: around('Hear the silence in green.'), history: [red], verdict: 'alert' },
  { why: 'a first return of a price is news', ...edit('$499', '$549'), history: [around('$549')], verdict: 'alert', says: '$549' },
  { why: 'a price that alternates for long is not', ...edit('$499', '$549'), history: [around('$549'), around('$499'), around('$549')], verdict: 'noise', says: 'back and forth' },
  { why: 'sold out for the second time is news', ...edit('In stock', 'Sold out'), history: [around('Sold out')], verdict: 'alert' },
  { why: 'a banner that comes and goes', before: around('A line.'), after: [...around('A line.'), 'Meet us at the fair in hall four.'], history: [[...around('A line.'), 'Meet us at the fair in hall four.'], around('A line.')], verdict: 'noise' },
  { why: 'an item that comes back once is news', before: around('A line.'), after: [...around('A line.'), 'Guided tour on Sundays.'], history: [[...around('A line.'), 'Guided tour on Sundays.']], verdict: 'alert' },
  { why: 'a quote that is another at every check', before: quotedAt(0), after: quotedAt(5), history: [1, 2, 3, 4, 1].map(quotedAt), verdict: 'changed', says: 'in a place that changed at 5 of the last 5 checks' },
  { why: 'too few checks teach nothing', before: quotedAt(0), after: quotedAt(5), history: [1, 2].map(quotedAt), verdict: 'alert' },
  { why: 'a place that changed once in a while is not discounted away', before: quotedAt(0), after: quotedAt(5), history: [0, 0, 1, 1, 1].map(quotedAt), verdict: 'alert' },
  { why: 'a number that moves at every check', before: priceAt(0), after: priceAt(9), history: [1, 2, 3, 4, 5].map(priceAt), verdict: 'changed', says: 'in a place that changed' },
  { why: 'the same number when the sentence is about exactly it', ask: 'Tell me when the price of the Aurora X2 changes', notify: 'always', before: priceAt(0), after: priceAt(9), history: [1, 2, 3, 4, 5].map(priceAt), verdict: 'alert' },
  { why: 'another place of a restless page', before: [...quotedAt(0), 'Made of steel.'], after: [...quotedAt(5), 'Made of brass.'], history: [1, 2, 3, 4, 1].map((n) => [...quotedAt(n), 'Made of steel.']), verdict: 'alert', says: 'brass' },
]; // prettier-ignore
