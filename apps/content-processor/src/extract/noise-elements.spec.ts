import { htmlBlocks } from './html-blocks.ts';
import { parseHtml } from './html-tree.ts';

const content = `<p>${'The museum opens at ten and closes at six on every day but Monday. '.repeat(12)}</p>`;
const textOfPage = (html: string): string =>
  htmlBlocks(parseHtml(html), 1000)
    .map(({ text }) => text)
    .join('\n');

test.each([
  ['<nav>noise</nav>'],
  ['<div role="navigation">noise</div>'],
  ['<div id="footer">noise</div>'],
  ['<footer>noise</footer>'],
  ['<div class="cookie-banner">noise <button>noise</button></div>'],
  ['<div id="onetrust-consent-sdk"><h2>noise</h2></div>'],
  ['<div id="CybotCookiebotDialog">noise</div>'],
  ['<div class="gdpr">noise</div>'],
  ['<div class="modal site-cookies">noise</div>'],
  ['<aside class="ad sponsored">noise</aside>'],
  ['<ins class="adsbygoogle">noise</ins>'],
  ['<div id="div-gpt-ad-1234">noise</div>'],
  ['<div class="banner-ad">noise</div>'],
  ['<div class="adSlot">noise</div>'],
  ['<div class="taboola">noise</div>'],
  ['<ul class="sub-menu"><li class="menu-item"><a href="/a">noise</a></li></ul>'],
  ['<div class="footer_list_wrap"><div>noise</div><a href="/a">Documentation</a></div>'],
  ['<header><a href="/a">noise</a> <a href="/b">Prices</a></header>'],
  ['<ul><li><a hreflang="en-gb" href="/">noise</a></li></ul>'],
  ['<div role="dialog"><h2>noise</h2></div>'],
  ['<div class="pop-up"><p>noise</p></div>'],
  ['<div class="contact-modal"><p>noise</p></div>'],
  ['<div class="promo-banner">noise</div>'],
  ['<form><label>noise <input type="email"></label><button>Send</button></form>'],
])('%s is dropped', (html) => {
  expect(textOfPage(html + content)).not.toContain('noise');
});

test.each([
  ['<div class="ad-price">$5</div>', '$5'],
  ['<div class="download">Version 5</div>', 'Version 5'],
  ['<div class="headline">Shadow</div>', 'Shadow'],
  ['<div id="menu">Soup of the day</div>', 'Soup of the day'],
  ['<section><footer>Signed by Ada</footer></section>', 'Signed by Ada'],
  ['<div class="sr-only">$90.74</div>', '$90.74'],
  ['<ul class="menu"><li><a href="/soup">Soup of the day $5</a></li></ul>', 'Soup of the day $5'],
  ['<div class="card-footer">Only two left</div>', 'Only two left'],
  ['<form><label>Stalls £40 <input type="email"></label></form>', 'Stalls £40'],
  ['<form><label>Size 42 <select><option>Red</option></select></label></form>', 'Size 42'],
])('%s is kept', (html, text) => {
  expect(textOfPage(html + content)).toContain(text);
});

test('what holds the main part is kept, whatever it is called', () => {
  for (const inner of ['<h1>Tickets</h1>', '<main>Tickets</main>', '<article>Tickets</article>']) {
    expect(
      textOfPage(`<div class="no-ads cookie-consent ads" aria-hidden="true">${inner}</div>${content}`),
    ).toContain('Tickets');
  }
});

test('links around a part that is marked as the main one are navigation', () => {
  const links = '<ul><li><a href="/a">Somewhere else</a></li></ul>';
  expect(textOfPage(`${links}<main>${content}</main>`)).not.toContain('Somewhere else');
  expect(textOfPage(`${links}${content}`)).toContain('Somewhere else');
  expect(textOfPage(`<main>${links}${content}</main>`)).toContain('Somewhere else');
});

test('a footer of links is none of a short page, however long it is', () => {
  const links = Array.from({ length: 60 }, (_, i) => `<li><a href="/${i}">Somewhere ${i}</a></li>`).join('');
  expect(textOfPage(`<h1>Imprint</h1><p>Ada Lovelace</p><footer><ul>${links}</ul></footer>`)).toBe(
    'Imprint\nAda Lovelace',
  );
});

test('what holds more than a quarter of the text is kept', () => {
  expect(textOfPage(`<div style="display:none">${content}</div><p>Loading</p>`)).toContain('museum');
  expect(textOfPage(`<div class="consent-page">${content}</div>${content}`).match(/museum/g)).toHaveLength(
    24,
  );
});

test('a small page may be mostly noise', () => {
  expect(textOfPage('<p>Price: $549</p><p hidden>b1946ac92492d2347c62</p>')).toBe('Price: $549');
});

test('a site of classified ads keeps its ads', () => {
  const listing = Array.from({ length: 30 }, (_, i) => `<li class="ad">Bicycle number ${i}, $${i}</li>`).join(
    '',
  );
  expect(textOfPage(`<ul>${listing}</ul>`)).toContain('Bicycle number 29, $29');
});
