import { writtenUrls } from './written-urls.ts';

const urlsIn = (text: string) => writtenUrls(text).map(({ url }) => url);

it.each([
  // As people write sentences
  [
    'Tell me when the price at http://127.0.0.1:8123/product drops below $500',
    ['http://127.0.0.1:8123/product'],
  ],
  ['watch https://example.com/pricing.', ['https://example.com/pricing']],
  ['anything new on https://example.com/blog?', ['https://example.com/blog']],
  ['https://example.com/news!', ['https://example.com/news']],
  ['https://example.com/news…', ['https://example.com/news']],
  ['https://example.com/news...', ['https://example.com/news']],
  ['the page (https://example.com/a) changes', ['https://example.com/a']],
  ['"https://example.com/a" changes', ['https://example.com/a']],
  ['“https://example.com/a” changes', ['https://example.com/a']],
  ['<https://example.com/a>', ['https://example.com/a']],
  ['[the page](https://example.com/a)', ['https://example.com/a']],
  ['https://example.com’s front page', ['https://example.com/']],
  ['https://example.com/a: tell me', ['https://example.com/a']],
  ['first line\nhttps://example.com/a\nlast line', ['https://example.com/a']],
  // Several
  [
    'https://a.example.com/x and https://b.example.com/y',
    ['https://a.example.com/x', 'https://b.example.com/y'],
  ],
  ['https://a.example.com/x,https://b.example.com/y', ['https://a.example.com/x', 'https://b.example.com/y']],
  ['https://a.example.com/x;https://b.example.com/y', ['https://a.example.com/x', 'https://b.example.com/y']],
  ['https://example.com/a, then https://example.com/a again', ['https://example.com/a']],
  ['https://example.com/a#top and https://example.com/a#end', ['https://example.com/a']],
  // Parts of an address that look like punctuation
  ['https://en.wikipedia.org/wiki/Mercury_(planet)', ['https://en.wikipedia.org/wiki/Mercury_(planet)']],
  ['https://example.com/a,b;c', ['https://example.com/a,b;c']],
  ['https://example.com/?q=a+b&page=2', ['https://example.com/?q=a+b&page=2']],
  ['https://example.com/a%20b', ['https://example.com/a%20b']],
  ['https://example.com/~user/@name/', ['https://example.com/~user/@name/']],
  ['https://shop.example.co.uk:8443/x?y=[1]', ['https://shop.example.co.uk:8443/x?y=[1]']],
  [
    'https://web.archive.org/web/2020/https://example.com/',
    ['https://web.archive.org/web/2020/https://example.com/'],
  ],
  ['HTTPS://EXAMPLE.COM/Path', ['https://example.com/Path']],
  // Hosts
  ['http://localhost:3000/p', ['http://localhost:3000/p']],
  ['http://[::1]:8080/p', ['http://[::1]:8080/p']],
  ['http://2130706433/', ['http://127.0.0.1/']],
  ['https://münchen.de/preise', ['https://xn--mnchen-3ya.de/preise']],
  ['http://пример.рф/путь', ['http://xn--e1afmkfd.xn--p1ai/%D0%BF%D1%83%D1%82%D1%8C']],
  ['https://example.com/价格。之后', ['https://example.com/%E4%BB%B7%E6%A0%BC']],
  ['https://user:secret@example.com/a', ['https://user:secret@example.com/a']],
  ['ftp://files.example.com/a', ['ftp://files.example.com/a']],
  // Without a scheme
  ['watch example.com/pricing.', ['https://example.com/pricing']],
  ['www.example.com changes', ['https://www.example.com/']],
  ['is foo.dev/pricing or web.app cheaper', ['https://foo.dev/pricing', 'https://web.app/']],
  ['//example.com/a', ['https://example.com/a']],
  ['münchen.de', ['https://xn--mnchen-3ya.de/']],
  // Not addresses
  ['when does the next Pixel come out', []],
  ['write to alice@example.com about it', []],
  ['Node.js 26, ASP.NET 11 or version 2.0.1', []],
  ['It opened.Today at 5 p.m. e.g. in the U.S.A.', []],
  ['drops below $1.299,00 or 3.5%', []],
  ['javascript:alert(1) data:text/html,x file:///etc/passwd', []],
  ['http://', []],
  ['', []],
])('%j', (text, urls) => {
  expect(urlsIn(text)).toEqual(urls);
});

it('tells an address from a word that looks like one', () => {
  expect(writtenUrls('https://example.com/a or example.org')).toEqual([
    { url: 'https://example.com/a', bare: false },
    { url: 'https://example.org/', bare: true },
  ]);
});

it('reads a hostile text in no time', () => {
  const start = performance.now();
  writtenUrls('http://'.repeat(280) + '('.repeat(1000));
  writtenUrls('a.'.repeat(2000));
  expect(performance.now() - start).toBeLessThan(2_000);
});
