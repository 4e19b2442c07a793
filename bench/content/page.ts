/** A product page of 15 KB as it stands in the wild; `price` is what changes. */
export function page(price: number): string {
  const nav = Array.from(
    { length: 40 },
    (_, i) => `<li class="nav-item"><a href="/category/${i}">Category ${i}</a></li>`,
  ).join('');
  const specs = Array.from(
    { length: 20 },
    (_, i) => `<tr><th scope="row">Property ${i}</th><td>${i * 7} units</td></tr>`,
  ).join('');
  const reviews = Array.from(
    { length: 31 },
    (_, i) => `<article class="review"><h3>Review ${i}</h3><div class="stars" aria-label="4 of 5"></div>
      <p>It stands on my desk since <time datetime="2026-10-${String(i + 1).padStart(2, '0')}">October ${i + 1}</time>, gives a warm light,
      and costs less than what I had before. The switch could be larger, but one gets used to it.</p></article>`,
  ).join('');
  const script = `window.__STATE__=${JSON.stringify(Array.from({ length: 60 }, (_, i) => ({ id: i, sku: `LUM-${i}` })))}`;
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Lumen 40 – Hearth</title>
<script>${script}</script><style>.price{color:#a00}.nav-item{display:inline}</style></head>
<body><header><nav><ul>${nav}</ul></nav></header><div class="cookie-banner"><p>We value your privacy.</p><button>Accept</button></div>
<main><h1>Lumen 40</h1><div class="price"><span>$</span><span>${price}</span>.<span>00</span></div><p>In stock</p>
<h2>Specifications</h2><table>${specs}</table><h2>Reviews</h2>${reviews}</main>
<footer><p>© 2026 Hearth</p></footer></body></html>`;
}
