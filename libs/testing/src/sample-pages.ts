/**
 * Pages of a small shop and newsroom as they stand in the wild: the watched thing among a menu, a cookie banner,
 * counters, tokens and ads. Each takes what may change.
 */

interface PageNoise {
  /** Shown in the footer. */
  clock?: string;
  /** Shown beside the content. */
  views?: number;
  /** Invisible, in a form. */
  csrfToken?: string;
  ad?: string;
}

const defaultNoise: Required<PageNoise> = {
  clock: '09:00:00',
  views: 1204,
  csrfToken: 'b1946ac92492d2347c6235b4d2611184',
  ad: 'Sponsored: Fly to Lisbon from $89',
};

const page = (title: string, main: string, noise: PageNoise): string => {
  const { clock, views, csrfToken, ad } = { ...defaultNoise, ...noise };
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><script nonce="${csrfToken}">window.loadedAt = "${clock}";</script></head>
<body>
<nav><a href="/">Home</a> <a href="/shop">Shop</a> <a href="/news">News</a></nav>
<div class="cookie-banner">We use cookies. <button>Accept</button></div>
<main>
${main}
<p class="views">${views} people viewed this page</p>
<form method="post" action="/subscribe"><input type="hidden" name="_csrf" value="${csrfToken}"><label>E-mail <input name="email"></label></form>
</main>
<aside class="ad sponsored">${ad}</aside>
<footer>Local time: ${clock} · © 2026 Nordlicht</footer>
</body>
</html>`;
};

/** A product with a price in US dollars, e.g. `549`. */
export const productPage = ({ price, ...noise }: { price: number } & PageNoise): string =>
  page(
    'Aurora X2 camera – Nordlicht',
    `<h1>Aurora X2 camera</h1>
<p>A full-frame camera for night skies, with a 24–70 mm lens.</p>
<p class="price">$<!-- -->${price}<!-- -->.00</p>
<p>In stock. Free shipping on orders over $75.</p>
<h2>Specifications</h2>
<table><tr><th>Sensor</th><th>Weight</th></tr><tr><td>24 megapixels</td><td>540 g</td></tr></table>`,
    noise,
  );

/** An announcement that may or may not say when, e.g. `March 14, 2027`. */
export const announcementPage = ({ releaseDate, ...noise }: { releaseDate?: string } & PageNoise): string =>
  page(
    'Aurora X3 – what we know',
    `<h1>Aurora X3</h1>
<p>The next Aurora camera is in development.</p>
<p>${releaseDate ? `The Aurora X3 will be released on ${releaseDate}.` : 'The release date has not been announced yet.'}</p>`,
    noise,
  );

/** A page on which nothing but the noise ever changes. */
export const statusPage = (noise: PageNoise): string =>
  page(
    'Nordlicht service status',
    `<h1>Service status</h1>
<p>All systems operational.</p>
<ul><li>Shop: operational</li><li>Support chat: operational</li></ul>`,
    noise,
  );
