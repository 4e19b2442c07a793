import { sideOf, wordDiff } from './word-diff.ts';

/** `[-gone-]{+new+}` */
const marked = (before: string | null, after: string | null) =>
  wordDiff(before, after)
    .map(({ text, change }) =>
      change === 'same' ? text : change === 'removed' ? `[-${text}-]` : `{+${text}+}`,
    )
    .join('');

it.each([
  ['Price: $549', 'Price: $499', 'Price: $[-549-]{+499+}'],
  ['Price: 549.99 €', 'Price: 499.99 €', 'Price: [-549.99-]{+499.99+} €'],
  ['Sold out', 'In stock', '[-Sold out-]{+In stock+}'],
  [null, 'New here', '{+New here+}'],
  ['Gone now', null, '[-Gone now-]'],
  [
    '同じ文章です。価格は549円です。',
    '同じ文章です。価格は499円です。',
    '同じ文章です。価格は[-549-]{+499+}円です。',
  ],
  ['a\nb', 'a b', 'a b'],
  ['', '', ''],
])('%j → %j: %s', (before, after, expected) => {
  expect(marked(before, after)).toBe(expected);
});

it('shows a change deep in a long text, and little of what is the same', () => {
  const filler = (word: string) => `${word} `.repeat(300);
  const before = `${filler('lorem')}The price is 549 euros today. ${filler('ipsum')}`;
  const parts = wordDiff(before, before.replace('549', '499'));
  expect(sideOf(parts, 'removed')).toContain('The price is 549 euros today.');
  expect(sideOf(parts, 'added')).toContain('The price is 499 euros today.');
  expect(sideOf(parts, 'added').length).toBeLessThan(250);
  expect(sideOf(parts, 'added')).toMatch(/^… lorem .* ipsum …$/);
});

it('shows two texts one after the other that have little in common', () => {
  const before = 'The council met on Tuesday to talk about roads and schools.';
  const after = 'Registration for the marathon opens at noon, first come first served.';
  expect(marked(before, after)).toBe(`[-${before}-]{+${after}+}`);
});

it('gives up on long texts that differ everywhere, and shows one after the other', () => {
  const text = (own: string) =>
    Array.from({ length: 4000 }, (_, index) => (index % 2 ? own : 'w') + index).join(' ');
  const startedAt = performance.now();
  const parts = wordDiff(text('x'), text('y'));
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  // Every second word is the same; whoever looked for long enough would find them.
  expect(parts.map(({ change }) => change)).toEqual(['removed', 'added']);
  expect(sideOf(parts, 'added').length).toBeLessThan(5000);
});

it('never cuts through a character', () => {
  for (const { text } of wordDiff(`${'😀'.repeat(500)}`, null)) expect(text.isWellFormed()).toBe(true);
  const parts = wordDiff(
    `${'😀'.repeat(500)} a ${'😀'.repeat(501)}`,
    `${'😀'.repeat(500)} b ${'😀'.repeat(501)}`,
  );
  for (const { text } of parts) expect(text.isWellFormed() && !text.includes('\uFFFD')).toBe(true);
});
