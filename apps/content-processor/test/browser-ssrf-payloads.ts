export interface BrowserPayload {
  name: string;
  /** @param target an address such as `http://127.0.0.2:80/path`, unique to this payload */
  body(target: URL): string;
  /** Never asked for, even where the target is allowed: the browser is kept from it before it comes to the gate. */
  neverAsked?: true;
}

const js = (code: string) => `<script>${code}</script>`;
const blob = (code: string) =>
  `URL.createObjectURL(new Blob([${JSON.stringify(code)}], { type: 'text/javascript' }))`;

/** Every way known to us in which a page makes a browser ask for another address. */
export const browserPayloads: BrowserPayload[] = [
  { name: 'script', body: ({ href }) => `<script src="${href}"></script>` },
  { name: 'module', body: ({ href }) => `<script type="module">import '${href}'</script>` },
  { name: 'module preload', body: ({ href }) => `<link rel="modulepreload" href="${href}">` },
  { name: 'style sheet', body: ({ href }) => `<link rel="stylesheet" href="${href}">` },
  { name: 'style sheet by @import', body: ({ href }) => `<style>@import url(${href})</style>` },
  { name: 'image', body: ({ href }) => `<img src="${href}">`, neverAsked: true },
  {
    name: 'image of a srcset',
    body: ({ href }) => `<img srcset="${href} 1x, ${href} 2x">`,
    neverAsked: true,
  },
  { name: 'background', body: ({ href }) => `<p style="background: url(${href})">a</p>`, neverAsked: true },
  {
    name: 'font',
    body: ({ href }) =>
      `<style>@font-face { font-family: a; src: url(${href}) } p { font-family: a }</style><p>a</p>`,
    neverAsked: true,
  },
  {
    name: 'video and its poster',
    body: ({ href }) => `<video autoplay src="${href}" poster="${href}"></video>`,
    neverAsked: true,
  },
  { name: 'audio', body: ({ href }) => `<audio autoplay src="${href}"></audio>`, neverAsked: true },
  { name: 'frame', body: ({ href }) => `<iframe src="${href}"></iframe>` },
  {
    name: 'frame in a srcdoc',
    body: ({ href }) => `<iframe srcdoc="<iframe src='${href}'></iframe>"></iframe>`,
  },
  {
    name: 'frame in a data URL',
    body: ({ href }) => `<iframe src="data:text/html,<script src='${href}'></script>"></iframe>`,
  },
  {
    name: 'frame by a script',
    body: ({ href }) =>
      js(`document.body.append(Object.assign(document.createElement('iframe'), { src: '${href}' }))`),
  },
  { name: 'object', body: ({ href }) => `<object data="${href}" type="text/html"></object>` },
  { name: 'embed', body: ({ href }) => `<embed src="${href}" type="text/html">` },
  { name: 'fetch', body: ({ href }) => js(`fetch('${href}').catch(() => 0)`) },
  {
    name: 'fetch without CORS',
    body: ({ href }) => js(`fetch('${href}', { mode: 'no-cors', method: 'POST', body: 'a' }).catch(() => 0)`),
  },
  {
    name: 'fetch that outlives the page',
    body: ({ href }) => js(`fetch('${href}', { keepalive: true, mode: 'no-cors' }).catch(() => 0)`),
  },
  {
    name: 'XMLHttpRequest',
    body: ({ href }) => js(`const x = new XMLHttpRequest(); x.open('GET', '${href}'); x.send()`),
  },
  { name: 'beacon', body: ({ href }) => js(`navigator.sendBeacon('${href}', 'a')`), neverAsked: true },
  {
    name: 'ping of a link',
    body: ({ href }) => `<a href="#a" ping="${href}">a</a>${js('document.links[0].click()')}`,
    neverAsked: true,
  },
  { name: 'event source', body: ({ href }) => js(`new EventSource('${href}')`) },
  { name: 'web socket', body: ({ host, pathname }) => js(`new WebSocket('ws://${host}${pathname}')`) },
  {
    name: 'web socket over TLS',
    body: ({ host, pathname }) => js(`new WebSocket('wss://${host}${pathname}')`),
  },
  {
    name: 'fetch over TLS',
    body: ({ host, pathname }) => js(`fetch('https://${host}${pathname}').catch(() => 0)`),
  },
  {
    name: 'worker’s fetch',
    body: ({ href }) => js(`new Worker(${blob(`fetch('${href}', { mode: 'no-cors' })`)})`),
  },
  { name: 'worker’s script', body: ({ href }) => js(`new Worker(${blob(`importScripts('${href}')`)})`) },
  {
    name: 'shared worker',
    body: ({ href }) => js(`new SharedWorker(${blob(`fetch('${href}', { mode: 'no-cors' })`)})`),
  },
  { name: 'prefetch', body: ({ href }) => `<link rel="prefetch" href="${href}">` },
  { name: 'preload', body: ({ href }) => `<link rel="preload" as="fetch" href="${href}">` },
  { name: 'preconnect', body: ({ origin }) => `<link rel="preconnect" href="${origin}">`, neverAsked: true },
  {
    name: 'speculation rules',
    body: ({ href }) =>
      `<script type="speculationrules">{"prefetch":[{"urls":["${href}"],"eagerness":"immediate"}],"prerender":[{"urls":["${href}"],"eagerness":"immediate"}]}</script>`,
    neverAsked: true,
  },
  { name: 'manifest', body: ({ href }) => `<link rel="manifest" href="${href}">`, neverAsked: true },
  { name: 'icon', body: ({ href }) => `<link rel="icon" href="${href}">`, neverAsked: true },
  {
    name: 'SVG that uses another',
    body: ({ href }) => `<svg><use href="${href}#a"/><image href="${href}"/></svg>`,
    neverAsked: true,
  },
  {
    name: 'form',
    body: ({ href }) =>
      `<form action="${href}" method="post"><input name="a" value="b"></form>${js('document.forms[0].submit()')}`,
  },
  {
    name: 'form into a frame',
    body: ({ href }) =>
      `<iframe name="f"></iframe><form action="${href}" target="f"></form>${js('document.forms[0].submit()')}`,
  },
  { name: 'meta refresh', body: ({ href }) => `<meta http-equiv="refresh" content="0;url=${href}">` },
  { name: 'navigation', body: ({ href }) => js(`location.href = '${href}'`) },
  {
    name: 'link that is clicked',
    body: ({ href }) => `<a href="${href}">a</a>${js('document.links[0].click()')}`,
  },
  { name: 'popup', body: ({ href }) => js(`open('${href}')`), neverAsked: true },
  {
    name: 'link into a new window',
    body: ({ href }) => `<a href="${href}" target="_blank">a</a>${js('document.links[0].click()')}`,
    neverAsked: true,
  },
  {
    name: 'peer connection',
    body: ({ hostname, port }) =>
      js(
        `const c = new RTCPeerConnection({ iceServers: [{ urls: 'stun:${hostname}:${port}' }, { urls: 'turn:${hostname}:${port}?transport=tcp', username: 'a', credential: 'b' }] }); c.createDataChannel('a'); c.createOffer().then((o) => c.setLocalDescription(o))`,
      ),
    neverAsked: true,
  },
  {
    name: 'web transport',
    body: ({ host }) =>
      js(`typeof WebTransport === 'undefined' || new WebTransport('https://${host}/a').ready.catch(() => 0)`),
    neverAsked: true,
  },
  {
    name: 'file',
    body: () => `<iframe src="file:///etc/passwd"></iframe><object data="file:///etc/passwd"></object>`,
    neverAsked: true,
  },
  {
    name: 'redirect of the page',
    body: ({ href }) => js(`location.href = '/redirect?' + encodeURIComponent('${href}')`),
  },
  {
    name: 'redirect of a frame',
    body: ({ href }) => `<iframe src="/redirect?${encodeURIComponent(href)}"></iframe>`,
  },
  {
    name: 'redirect of a script',
    body: ({ href }) => `<script src="/redirect?${encodeURIComponent(href)}"></script>`,
  },
  {
    name: 'redirect of a fetch',
    body: ({ href }) => js(`fetch('/redirect?${encodeURIComponent(href)}').catch(() => 0)`),
  },
  {
    name: 'redirect of a redirect',
    body: ({ href }) =>
      `<iframe src="/redirect?${encodeURIComponent(`/redirect?${encodeURIComponent(href)}`)}"></iframe>`,
  },
];
