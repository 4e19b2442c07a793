import { fit, jsonBytes, plainText, unlinkable } from './plain-text.ts';

describe('plainText', () => {
  it.each([
    ['a\r\nb\rc', 'a\nb\nc'],
    ['a\0b\u0007c\u001b[31m', 'abc[31m'],
    ['a\tb', 'a\tb'],
    ['\u202Egnp.exe\u202C', 'gnp.exe'],
    ['שלום abc', 'שלום abc'],
    ['\uD83D alone', '\uFFFD alone'],
    ['  around \n', 'around'],
  ])('reads %j as %j', (text, expected) => {
    expect(plainText(text)).toBe(expected);
  });
});

describe('fit', () => {
  it.each([
    ['what fits', 'abc', 3, 'abc'],
    ['what is too long', 'abcd', 3, 'ab…'],
    ['a family', 'ab👩‍👩‍👧‍👦', 8, 'ab…'],
    ['accents', 'abe\u0301\u0301', 4, 'ab…'],
    ['flags', '🇩🇪🇫🇷', 6, '🇩🇪…'],
    ['one character that is too long', `a${'\u0301'.repeat(100)}`, 10, '…'],
    ['space before the cut', 'ab cd', 4, 'ab…'],
    ['nothing', '', 3, ''],
  ])('cuts between characters: %s', (_, text, max, expected) => {
    expect(fit(text, max)).toBe(expected);
  });

  it.each([
    ['bytes', Buffer.byteLength, 'äöü', 5, 'ä…'],
    ['bytes of JSON', jsonBytes, '"""', 5, '"…'],
    ['its escaped form', (piece: string) => piece.replaceAll('*', '\\*').length, '****', 5, '**…'],
  ])('counts %s', (_, sizeOf, text, max, expected) => {
    expect(fit(text, max, sizeOf)).toBe(expected);
    expect(sizeOf(fit(text.repeat(50), 100, sizeOf))).toBeLessThanOrEqual(100);
  });
});

describe('unlinkable', () => {
  it.each([
    ['https://evil.example/a.html', 'https:|//evil.|example/a.|html'],
    ['mail me@example.org', 'mail me@|example.|org'],
    ['#tag @name /start a/b', '#|tag @|name /|start a/b'],
    ['почта.рф', 'почта.|рф'],
    ['$1.50, 3.14. End. Next', '$1.50, 3.14. End. Next'],
    ['# heading @ home', '# heading @ home'],
  ])('leaves nothing to find in %j', (text, expected) => {
    expect(unlinkable(text)).toBe(expected.replaceAll('|', '\u2060'));
    expect(unlinkable(text).replaceAll('\u2060', '')).toBe(text);
  });
});
