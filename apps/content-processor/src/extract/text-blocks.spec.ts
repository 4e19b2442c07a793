import { textBlocks } from './text-blocks.ts';

test('plain text is paragraphs, and lines where a paragraph is long', () => {
  const long = Array.from({ length: 300 }, (_, i) => `line number ${i}`);
  const blocks = textBlocks(`One\r\nstill one\r\n\r\nTwo\n \n${long.join('\n')}`, 1000);
  expect(blocks.slice(0, 2).map(({ text }) => text)).toEqual(['One still one', 'Two']);
  expect(blocks).toHaveLength(302);
});
