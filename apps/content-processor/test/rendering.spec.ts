import { existsSync } from 'node:fs';
import { eventually } from '@torale/testing';
import { NotAPageError, RenderError } from '../src/render/renderer.ts';
import { html, RendererFixture } from './renderer-fixture.ts';

let fixture: RendererFixture;

beforeAll(async () => {
  fixture = await RendererFixture.start({ RENDER_MAX_PAGES: '1000', RENDER_IDLE_SECONDS: '3600' });
}, 60_000);
afterAll(() => fixture.close());

const outcomeOf = (error: unknown) => (error as RenderError).outcome;

describe('what a page shows', () => {
  test('what its scripts fetch and write', async () => {
    fixture.site.set('/api', { headers: { 'content-type': 'application/json' }, body: '{"price":"$90.74"}' });
    const page = await fixture.show(
      '/spa',
      `<div id="root"></div><script type="module">
        const { price } = await (await fetch('/api')).json();
        document.getElementById('root').innerHTML = '<h1>Lamp</h1><p>' + price + '</p>';
      </script>`,
    );
    expect(page).toMatchObject({ status: 200, url: `${fixture.site.url}/spa` });
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.html).toContain('<h1>Lamp</h1><p>$90.74</p>');
  });

  test('what open shadow roots and their slots show', async () => {
    const page = await fixture.show(
      '/shadow',
      `<x-card><b slot="price">$12</b><i>rest</i></x-card><script>
        customElements.define('x-card', class extends HTMLElement {
          connectedCallback() {
            const root = this.attachShadow({ mode: 'open' });
            root.innerHTML = '<h2>Card</h2><p>now <slot name="price"></slot></p><slot></slot><slot name="none">no offer</slot>';
          }
        });
      </script>`,
    );
    expect(page.html).toMatch(
      /<h2>Card<\/h2><p>now <slot name="price"><b slot="price">\$12<\/b><\/slot><\/p>/,
    );
    expect(page.html).toContain('<i>rest</i>');
    expect(page.html).toContain('no offer');
  });

  test('an error page with its status, and where a redirect or a script leads', async () => {
    fixture.site.set('/gone', { ...html('<h1>Gone</h1>'), status: 410 });
    await expect(fixture.renderer.render({ url: `${fixture.site.url}/gone` })).resolves.toMatchObject({
      status: 410,
    });

    fixture.site.set('/there', html('<h1>There</h1>'));
    fixture.site.set('/moved', { status: 302, headers: { location: '/there' } });
    const there = { status: 200, url: `${fixture.site.url}/there` };
    await expect(fixture.renderer.render({ url: `${fixture.site.url}/moved` })).resolves.toMatchObject(there);
    const page = await fixture.show('/script-moved', `<script>location.href = '/there'</script>`);
    expect(page).toMatchObject(there);
    expect(page.html).toContain('There');
  });

  test('without images, fonts, media and service workers; with images for a picture', async () => {
    const body = `<h1>Pictures</h1><img src="/a.png"><video src="/a.mp4"></video><link rel="stylesheet" href="/a.css">
      <style>@font-face { font-family: a; src: url(/a.woff2) } h1 { font-family: a }</style>
      <script>navigator.serviceWorker?.register('/sw.js').catch(() => 0); navigator.sendBeacon('/beacon')</script>`;
    const loaded = () =>
      fixture.site.requests.map(({ path }) => path).filter((path) => /^\/(a\.|sw|beacon)/.test(path));
    await fixture.show('/pictures', body);
    expect(loaded()).toEqual(['/a.css']);
    await fixture.show('/pictures', body, { screenshot: true });
    expect(loaded().sort()).toEqual(['/a.css', '/a.css', '/a.png']);
  });

  test('to whom it says it is, in a fresh context each time', async () => {
    const body = `<p id="p"></p><script>p.textContent = document.cookie + '|' + localStorage.seen; localStorage.seen = document.cookie = 'seen=1'</script>`;
    expect((await fixture.show('/fresh', body)).html).toContain('|undefined');
    expect((await fixture.show('/fresh', body)).html).toContain('|undefined');
    const { headers } = fixture.site.requests.at(-1)!;
    expect(headers['user-agent']).toMatch(/Torale/);
  });

  test('headers and cookies of the source, which go to its own origin only', async () => {
    const other = await RendererFixture.start();
    try {
      other.site.set('/data', { headers: { 'access-control-allow-origin': '*' }, body: 'x' });
      await fixture.show('/mine', `<script>fetch('/own'); fetch('${other.site.url}/data')</script>`, {
        headers: { 'x-api-key': 'k' },
        cookies: { session: 's' },
        user_agent: 'Mine/1.0',
      });
      const seen = (path: string) => fixture.site.requests.find((request) => request.path === path)!.headers;
      for (const path of ['/mine', '/own']) {
        expect(seen(path)).toMatchObject({ 'x-api-key': 'k', cookie: 'session=s', 'user-agent': 'Mine/1.0' });
      }
      expect(other.site.requests[0]!.headers).not.toHaveProperty('x-api-key');
    } finally {
      await other.close();
    }
  });

  test('what is no page is for those who read without a browser', async () => {
    const answers = {
      '/file.pdf': { headers: { 'content-type': 'application/pdf' }, body: '%PDF-1.4' },
      '/file.json': { headers: { 'content-type': 'application/json' }, body: '{"a":1}' },
      '/feed': { headers: { 'content-type': 'application/rss+xml' }, body: '<rss/>' },
      '/file': {
        headers: { 'content-type': 'text/html', 'content-disposition': 'attachment' },
        body: '<p>a',
      },
    };
    for (const [path, answer] of Object.entries(answers)) {
      fixture.site.set(path, answer);
      await expect(fixture.renderer.render({ url: fixture.site.url + path })).rejects.toThrow(NotAPageError);
    }
  });
});

describe('actions before reading', () => {
  test('wait, fill, click and scroll', async () => {
    const page = await fixture.show(
      '/actions',
      `<input id="q"><button id="go" onclick="setTimeout(() => out.innerHTML = '<b class=found>found ' + q.value + '</b>', 300)">Go</button>
       <div id="out"></div><div style="height:5000px"></div><p id="low"></p>
       <script>addEventListener('scroll', () => low.textContent = low.className = 'scrolled-to-' + scrollY)</script>`,
      {
        actions: [
          { type: 'fill', selector: '#q', value: 'lamp' },
          { type: 'click', selector: '#go' },
          { type: 'wait_for', selector: '.found' },
          { type: 'scroll', screens: 2 },
          { type: 'wait_for', selector: '.scrolled-to-1800' },
        ],
      },
    );
    expect(page.html).toContain('found lamp');
    expect(page.html).toContain('>scrolled-to-1800<');
  });

  test('what is not there, and what is no selector, fails and says which', async () => {
    const hasty = await RendererFixture.start({ RENDER_TIMEOUT_MS: '8000' });
    // An action may take half of the time; starting the browser may not take the other half.
    await hasty.show('/warm', '<p>a</p>');
    const late = hasty.show('/late', '<p>a</p>', { actions: [{ type: 'wait_for', selector: '.never' }] });
    await expect(late.finally(() => hasty.close())).rejects.toMatchObject({
      outcome: 'timeout',
      message: expect.stringContaining('.never'),
    });
    const bad = fixture.show('/bad', '<p>a</p>', { actions: [{ type: 'click', selector: 'p[' }] });
    await expect(bad).rejects.toMatchObject({
      outcome: 'unsupported',
      message: expect.stringContaining('p['),
    });
  });
});

test('a screenshot is a PNG of the page from its top', async () => {
  const { screenshot } = await fixture.show('/tall', '<div style="height:9000px;background:teal"></div>', {
    screenshot: true,
  });
  expect(screenshot!.subarray(1, 4).toString()).toBe('PNG');
  expect([screenshot!.readUInt32BE(16), screenshot!.readUInt32BE(20)]).toEqual([1280, 4000]);
});

test('failures of the network keep their names', async () => {
  const failing = async (url: string) => fixture.renderer.render({ url }).catch(outcomeOf);
  fixture.site.set('/loop', { status: 302, headers: { location: '/loop' } });
  fixture.site.set('/cut', (_request, response) => void response.destroy());
  expect(await failing(`${fixture.site.url}/loop`)).toBe('too_many_redirects');
  expect(await failing(`${fixture.site.url}/cut`)).toBe('connection_error');
  expect(await failing('http://127.0.0.1:1/')).toBe('address_refused');
  expect(await failing(`https://127.0.0.1:${fixture.site.port}/`)).toBe('tls_error');
  expect(await failing('http://name.invalid/')).toBe('dns_error');
  expect(await failing('https://name.invalid/')).toBe('dns_error');
});

describe('the browser', () => {
  test('starts with the first page, is shared, and ends when idle', async () => {
    const lazy = await RendererFixture.start({ RENDER_IDLE_SECONDS: '0.5' });
    try {
      expect(lazy.browser.pids).toEqual([]);
      await Promise.all([lazy.show('/a', 'a'), lazy.show('/b', 'b')]);
      const [pid, ...others] = lazy.browser.pids;
      expect(others).toEqual([]);
      await eventually(
        'the end of the browser',
        async () => !existsSync(`/proc/${pid}`) && lazy.browser.pids.length === 0,
      );
      expect((await lazy.show('/a', 'again')).html).toContain('again');
    } finally {
      await lazy.close();
    }
  });

  test('is replaced after so many pages', async () => {
    const short = await RendererFixture.start({ RENDER_MAX_PAGES: '2' });
    try {
      const pids = new Set<number>();
      for (let i = 0; i < 4; i++) {
        short.site.set('/a', () => {
          for (const pid of short.browser.pids) pids.add(pid);
          return html(`page ${i}`);
        });
        expect((await short.renderer.render({ url: `${short.site.url}/a` })).html).toContain(`page ${i}`);
      }
      expect(pids.size).toBe(2);
    } finally {
      await short.close();
    }
  });

  test('killed in the middle of a page, it is revived and the page is shown', async () => {
    let visits = 0;
    fixture.site.set('/kill', () => {
      if (++visits === 1) for (const pid of fixture.browser.pids) process.kill(pid, 'SIGKILL');
      return html(`visit ${visits}`);
    });
    expect((await fixture.renderer.render({ url: `${fixture.site.url}/kill` })).html).toContain('visit 2');
    expect(fixture.browser.pids).toHaveLength(1);
  });

  test('killed when a page was given up already, it does not change why', async () => {
    const caller = new AbortController();
    fixture.site.set('/given-up', () => {
      caller.abort();
      for (const pid of fixture.browser.pids) process.kill(pid, 'SIGKILL');
    });
    const url = `${fixture.site.url}/given-up`;
    await expect(fixture.renderer.render({ url, signal: caller.signal })).rejects.toMatchObject({
      outcome: 'timeout',
    });
  });

  test('shows no more pages at once than it may', async () => {
    let now = 0;
    let most = 0;
    fixture.site.set('/slots', async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 400));
      now--;
      return html('a');
    });
    await Promise.all(
      Array.from({ length: 5 }, () => fixture.renderer.render({ url: `${fixture.site.url}/slots` })),
    );
    expect(most).toBe(2);
  });

  test('that is not there is unsupported, and says what to do', async () => {
    const without = await RendererFixture.start({ CHROMIUM_PATH: '/nowhere/chromium' });
    try {
      const rendering = without.show('/a', 'a');
      await expect(rendering).rejects.toMatchObject({
        outcome: 'unsupported',
        message: expect.stringContaining('CHROMIUM_PATH'),
      });
    } finally {
      await without.close();
    }
  });
});
