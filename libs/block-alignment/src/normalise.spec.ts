import { canonicalText, foldedText } from './canonical.ts';
import { stemOf, wordsOf } from './words.ts';

describe('canonical text', () => {
  it.each([
    ['“Hello” – ‘World’', '"Hello" - \'World\''],
    ['a\u00a0b\u202fc\n d', 'a b c d'],
    ['soft\u00adhyphen zero\u200bwidth', 'softhyphen zerowidth'],
    ['ﬁne ①', 'fine 1'],
    ['  plain  text ', 'plain text'],
  ])('%j', (text, canonical) => {
    expect(canonicalText(text)).toBe(canonical);
  });
});

describe('folded text', () => {
  it.each([
    ['Terms of Service.', 'TERMS OF SERVICE'],
    ['e-mail us', 'Email us!'],
    ['a , b', 'a, b'],
    ['"quoted"', 'quoted'],
  ])('%j reads like %j', (a, b) => {
    expect(foldedText(a)).toBe(foldedText(b));
  });
  it.each([
    ['$1.50', '$150'],
    ['$12', '€12'],
    ['-5 °C', '5 °C'],
    ['5%', '5'],
    ['1 2', '12'],
    ['✓', '✗'],
    ['< 5', '> 5'],
    ['10:30', '10 30'],
  ])('%j does not read like %j', (a, b) => {
    expect(foldedText(a)).not.toBe(foldedText(b));
  });
});

describe('words and stems', () => {
  it('reads words of any script, and numbers', () => {
    expect(wordsOf("Größe 4.2, that's «Привет»")).toEqual(['größe', '4.2', "that's", 'привет']);
  });
  it.each([
    ['releases', 'released'],
    ['stars', 'star'],
    ['policies', 'policy'],
    ['shipping', 'ship'],
    ['batteries', 'battery'],
    ['announcement', 'announced'],
  ])('%s and %s have one stem', (a, b) => {
    expect(stemOf(a)).toBe(stemOf(b));
  });
});
