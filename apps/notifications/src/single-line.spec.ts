import { singleLine } from './single-line.ts';

describe('singleLine', () => {
  it.each([
    ['a\r\nBcc: victim@example.org', 'a Bcc: victim@example.org'],
    ['one\u2028two\u2029three\u0085four\u000bfive', 'one two three four five'],
    ['  tabs\t and \u00a0 spaces  ', 'tabs and spaces'],
    ['nul\u0000 and escape \u001b[31m', 'nul and escape [31m'],
    ['\u202egpj.exe\u202c and \u2066isolated\u2069', 'gpj.exe and isolated'],
    ['lone \ud83d surrogate', 'lone \ufffd surrogate'],
    ['مرحبا بالعالم', 'مرحبا بالعالم'],
    ['', ''],
  ])('%j', (text, line) => {
    expect(singleLine(text, 100)).toBe(line);
  });

  it('keeps what fits and cuts what does not, within the limit', () => {
    expect(singleLine('1234567890', 10)).toBe('1234567890');
    expect(singleLine('12345678901', 10)).toBe('123456789…');
    expect(singleLine('word and more', 6)).toBe('word…');
  });

  it('never cuts through a character', () => {
    const family = '👩‍👩‍👧‍👦';
    expect(singleLine(`ab${family}${family}`, 2 + family.length + 5)).toBe(`ab${family}…`);
    expect(singleLine('e\u0301'.repeat(5), 6)).toBe('e\u0301e\u0301…');
  });
});
