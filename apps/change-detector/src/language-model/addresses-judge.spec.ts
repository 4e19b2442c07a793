import { addressesJudge } from './addresses-judge.ts';
import { injections } from '../../test/injections.ts';

test.each(injections)('hears %s', (_, text) => {
  expect(addressesJudge(text)).toBe(true);
});

test.each([
  'Our new AI assistant answers questions about your order.',
  'The language model GPT-6 is released on March 4, 2027.',
  'Instructions: mix flour and water, and never ignore the oven.',
  'Never miss an alert: subscribe to our newsletter.',
  'Alert: trains on line 4 are delayed.',
  'Price alerts are sent by e-mail every morning.',
  'User: anna92 · 4 stars · Works as described',
  'System requirements: Windows 12, 16 GB of memory.',
  'This model ignores the latest fashion rules.',
  'Die Anweisungen der Feuerwehr sind zu beachten.',
  'Документация: инструкции по установке',
  'You are an important customer to us.',
])('takes “%s” for what it is', (text) => {
  expect(addressesJudge(text)).toBe(false);
});
