import type { Block } from '@torale/contracts';
import { blockOnPage, withoutIgnoredText } from './ignored-text.ts';

const block = (text: string): Block => ({ kind: 'paragraph', text, path: [], hash: '' });
const textWithout = (text: string, ...rules: string[]) => withoutIgnoredText([block(text)], rules)[0]!.text;

test.each([
  ['$90, 1,204 views', ['/[\\d,]+ views/'], '$90,'],
  ['$90 (Sponsored by Acme)', ['(sponsored*)'], '$90'],
  ['Ships today! Order NOW', ['order now'], 'Ships today!'],
  ['Updated 12:01 by a', ['updated * by'], 'a'],
  ['A VIEW', ['/view/'], 'A VIEW'],
  ['A VIEW', ['/view/i'], 'A'],
  ['a+b (c', ['a+b', '/(c/'], '(c'],
  ['read /(c/ here', ['/(c/'], 'read   here'],
])('%s without %j is "%s"', (text, rules, rest) => {
  expect(textWithout(text, ...rules)).toBe(rest);
});

test('an expression that would take a backtracking engine for ever ends', () => {
  expect(textWithout('a'.repeat(50_000) + 'b', '/(a+)+$/', '/(a|aa)+c/')).toHaveLength(50_001);
});

test('what is shown is what the page has', () => {
  const page = block('$90, 7 views');
  const [compared] = withoutIgnoredText([page], ['/\\d+ views/']);
  expect(blockOnPage(compared!)).toBe(page);
  expect(withoutIgnoredText([page], ['nothing'])[0]).toBe(page);
});
