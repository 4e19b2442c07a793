import { repeats, type Fact } from './fact.ts';

const added = (text: string, ...value_keys: string[]): Fact => ({ family: 'added', text, value_keys });
const march = 'date 2027-03-04';

test.each<[string, Fact, Fact, boolean]>([
  [
    'the same date in other words',
    added('Release of the Aurora X2: 4 March 2027', march),
    added('The Aurora X2 will be released on March 4, 2027', march),
    true,
  ],
  ['the same words', added('Aurora wins an award'), added('Aurora wins an award.'), true],
  ['one other word', added('Now sold in France'), added('Now sold in Germany'), false],
  [
    'a number that any news may hold',
    added('3 stores in France', 'number 3'),
    added('3 stores in Spain', 'number 3'),
    false,
  ],
  [
    'another date',
    added('Release: 4 April', 'date --04-04'),
    added('Release: 4 March', 'date --03-04'),
    false,
  ],
  ['a value more', added('Out 4 March at $5', march, 'money USD 5'), added('Out 4 March', march), false],
])('%s', (_, fact, told, expected) => {
  expect(repeats(fact, told, false, 0)).toBe(expected);
});

test('a line that was edited and comes back on its own source is news, on another it is not', () => {
  const edited = { ...added('Price: $5', 'money USD 5'), family: 'edited' };
  expect(repeats(edited, edited, true, 1)).toBe(false);
  expect(repeats(edited, edited, false, 1)).toBe(true);
});

test('a fact of one condition is none of another', () => {
  const low = { family: 'comparison:money', value_keys: ['money USD 5'], text: '$5' };
  expect(repeats(low, { ...low, family: 'movement:money' }, false, 1)).toBe(false);
});
