import { tableOf } from './table.ts';

test('a cell keeps to its line, and says nothing to the terminal', () => {
  const written = 'The page said:\n\u001b[2J\u001b]0;owned\u0007 \u202egnp.exe';
  expect(tableOf(['error'], [[written]])).toBe('error\nThe page said: [2J ]0;owned gnp.exe');
});
