import { parseTemplate, renderTokens, type Variable } from './bounded-template.ts';

const variables: Variable[] = [
  { name: 'summary', description: '' },
  { name: 'absent', description: '' },
  {
    name: 'changes',
    description: '',
    items: [
      { name: 'after', description: '' },
      { name: 'parts', description: '', items: [{ name: 'text', description: '' }] },
    ],
  },
];
const view = {
  summary: 'S & <b>',
  absent: null,
  changes: [
    { after: 'one', parts: [{ text: 'a' }, { text: 'b' }] },
    { after: 'two', parts: [] },
  ],
};
const render = (source: string, limit = 10_000) =>
  renderTokens(parseTemplate(source, variables), view, { escape: (value) => value, limit });

it.each([
  ['plain', 'plain'],
  ['{{summary}}', 'S & <b>'],
  ['{{ summary }} {{{summary}}} {{&summary}}', 'S & <b> S & <b> S & <b>'],
  ['{{absent}}|{{#absent}}there{{/absent}}{{^absent}}not there{{/absent}}', '|not there'],
  ['{{#changes}}[{{after}} of {{summary}}]{{/changes}}', '[one of S & <b>][two of S & <b>]'],
  ['{{#changes}}{{#parts}}{{text}}{{/parts}}{{^parts}}-{{/parts}}{{/changes}}', 'ab-'],
  ['a\n{{#changes}}\n+ {{after}}\n{{/changes}}\nz', 'a\n+ one\n+ two\nz'],
  ['{{! a remark }}x', 'x'],
])('%j is %j', (source, text) => {
  expect(render(source)).toBe(text);
});

it.each([
  ['{{nothing}}', 'line 1, column 1: there is no variable nothing here'],
  ['a\nbc {{#summary}}{{after}}{{/summary}}', 'line 2, column 16: there is no variable after here'],
  ['{{changes}}', 'line 1, column 1: changes is a list: write {{#changes}}…{{/changes}}'],
  ['{{#changes}}{{#changes}}{{/changes}}{{/changes}}', 'line 1, column 13: changes is within itself'],
  ['{{> other}}', 'line 1, column 1: templates cannot include others'],
  ['{{=<% %>=}}<% summary %>', 'line 1, column 1: the delimiters are {{ and }}'],
  ['{{#changes}}', 'line 1, column 13: unclosed section "changes"'],
  ['{{/changes}}', 'line 1, column 1: unopened section "changes"'],
  ['x {{summary', 'line 1, column 12: unclosed tag'],
])('%j is refused: %s', (source, message) => {
  expect(() => parseTemplate(source, variables)).toThrow(message);
});

it.each([
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  'summary.length',
  'summary.constructor',
  'changes.0.after',
  'constructor.constructor',
  '.',
  'this',
  '',
])('nothing of an object but its variables is reached: %j', (name) => {
  for (const source of [`{{${name}}}`, `{{#${name}}}x{{/${name}}}`, `{{#changes}}{{${name}}}{{/changes}}`]) {
    expect(() => parseTemplate(source, variables)).toThrow();
  }
});

it('stops when it becomes too long, however that comes about', () => {
  expect(() => render('{{summary}}'.repeat(1000), 5000)).toThrow(RangeError);
  expect(() => render('x'.repeat(5001), 5000)).toThrow(RangeError);
  const many = { changes: Array.from({ length: 100_000 }, () => ({ after: '', parts: [] })) };
  const tokens = parseTemplate('{{#changes}}{{after}}{{/changes}}', variables);
  expect(() => renderTokens(tokens, many, { escape: (value) => value, limit: 5000 })).toThrow(RangeError);
});

it('takes the longest template that can be stored in little time', () => {
  const nested = '{{#summary}}'.repeat(400) + '{{/summary}}'.repeat(400);
  const startedAt = performance.now();
  expect(render(nested)).toBe('');
  expect(() => parseTemplate('{{'.repeat(5000), variables)).toThrow();
  expect(() => parseTemplate('{{#summary}}'.repeat(800), variables)).toThrow('unclosed section');
  expect(performance.now() - startedAt).toBeLessThan(1000);
});
