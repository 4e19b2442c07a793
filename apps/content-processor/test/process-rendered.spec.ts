import type { RenderAction } from '@torale/contracts';
import { insertSource } from '@torale/testing';
import { ContentProcessorFixture } from './content-processor-fixture.ts';

let fixture: ContentProcessorFixture;

beforeAll(async () => {
  fixture = await ContentProcessorFixture.start({ RENDER_RETEST_HOURS: '1' });
}, 60_000);
afterAll(() => fixture.close());

const html = { 'content-type': 'text/html' };
const process = (sourceId: string) => fixture.api.process({ source_id: sourceId });
const textOf = async (sourceId: string) => {
  const { latest_content_id } = await fixture.sourceRow(sourceId);
  const contents = await fixture.contents(sourceId);
  const blocks = contents.find(({ id }) => id === latest_content_id)?.blocks ?? [];
  return blocks.map(({ text }) => text);
};
const learnedOf = async (sourceId: string) => (await fixture.sourceRow(sourceId)).render_learned;
const visits = (path: string) =>
  fixture.site.requests
    .filter((request) => request.path === path)
    .map(({ headers }) => 'sec-fetch-mode' in headers);

async function source(path: string, settings: object = {}): Promise<string> {
  const { id } = await insertSource(fixture.database.database, { url: fixture.site.url + path });
  if (Object.keys(settings).length > 0) {
    await fixture.database.database.kysely
      .updateTable('monitored_sources')
      .set(settings)
      .where('id', '=', id)
      .execute();
  }
  return id;
}

/** As if what was learned had been learned two hours ago. */
async function age(sourceId: string): Promise<void> {
  const learned = await learnedOf(sourceId);
  const tested_at = new Date(Date.now() - 2 * 3_600_000).toISOString();
  await fixture.database.database.kysely
    .updateTable('monitored_sources')
    .set({ render_learned: JSON.stringify({ ...learned, tested_at }) })
    .where('id', '=', sourceId)
    .execute();
}

const shell = (name: string) =>
  `<title>Shop</title><div id="root"></div><script type="module">
    root.innerHTML = await (await fetch('/${name}.part')).text()
  </script>`;

test('a shell is rendered, which is learned; a change of its data is seen though its markup stays', async () => {
  fixture.site.set('/spa', { headers: { ...html, etag: '"1"' }, body: shell('spa') });
  fixture.site.set('/spa.part', { body: '<h1>Lamp</h1><p>$90</p>' });
  const id = await source('/spa');
  expect(await process(id)).toMatchObject({ outcome: 'ok', http_status: 200 });
  expect(await textOf(id)).toEqual(['Shop', 'Lamp', '$90']);
  expect(await learnedOf(id)).toMatchObject({
    needed: true,
    reason: expect.stringContaining('scripts and no text'),
  });
  expect(visits('/spa')).toEqual([false, true]);

  fixture.site.set('/spa.part', { body: '<h1>Lamp</h1><p>$80</p>' });
  expect(await process(id)).toMatchObject({ outcome: 'ok' });
  expect(await textOf(id)).toEqual(['Shop', 'Lamp', '$80']);
  expect(visits('/spa')).toEqual([false, true, true]);
  expect(await fixture.sourceRow(id)).toMatchObject({ etag: null, last_modified: null });
});

test('what was learned is tested again: a page that is whole without a browser gets none any more', async () => {
  fixture.site.set('/moved', { headers: html, body: shell('moved') });
  fixture.site.set('/moved.part', { body: '<h1>Lamp</h1><p>$90</p>' });
  const id = await source('/moved');
  await process(id);
  await age(id);
  await process(id);
  expect(await learnedOf(id)).toMatchObject({ needed: true, reason: 'A browser still shows more' });

  fixture.site.set('/moved', { headers: html, body: '<title>Shop</title><h1>Lamp</h1><p>$90</p>' });
  await age(id);
  const again = await process(id);
  expect(again).toMatchObject({ outcome: 'ok' });
  expect(await learnedOf(id)).toMatchObject({ needed: false });
  const before = visits('/moved').length;
  expect(await process(id)).toMatchObject({ outcome: 'not_modified', content_id: again.content_id });
  expect(visits('/moved').slice(before)).toEqual([false]);
});

test('markup that only looks like a shell is rendered once in a while', async () => {
  const body = `<title>Status</title><h1>All systems work</h1><p>No incident today</p><div id="app"></div><script>1</script>`;
  fixture.site.set('/thin', { headers: html, body });
  const id = await source('/thin');
  const { content_id } = await process(id);
  expect(await learnedOf(id)).toMatchObject({ needed: false });
  expect(await process(id)).toMatchObject({ outcome: 'not_modified', content_id });
  expect(visits('/thin')).toEqual([false, true, false]);
  await age(id);
  await process(id);
  expect(visits('/thin')).toEqual([false, true, false, false, true]);
});

test('an ordinary page is never rendered; nor is a shell whose owner does not want it', async () => {
  fixture.site.set('/plain', {
    headers: html,
    body: '<h1>Lamp</h1><p>$90, script or none</p><script>1</script>',
  });
  const plain = await source('/plain');
  expect(await process(plain)).toMatchObject({ outcome: 'ok' });
  expect(visits('/plain')).toEqual([false]);
  fixture.site.set('/never', { headers: html, body: shell('spa') });
  const never = await source('/never', { render_mode: 'never' });
  expect(await process(never)).toMatchObject({ outcome: 'empty' });
  expect(visits('/never')).toEqual([false]);
});

test('a page that its owner wants rendered, with actions and a picture', async () => {
  fixture.site.set('/always', {
    headers: html,
    body: `<h1>Lamp</h1><button onclick="this.outerHTML = '<p>$90</p>'">Price</button>`,
  });
  const actions: RenderAction[] = [{ type: 'click', selector: 'button' }];
  const id = await source('/always', {
    render_mode: 'always',
    render_actions: JSON.stringify(actions),
    screenshot: true,
  });
  const { content_id } = await process(id);
  expect(await textOf(id)).toEqual(['Lamp', '$90']);
  const [content] = await fixture.contents(id);
  expect(content).toMatchObject({ id: content_id, screenshot_bytes: expect.any(Number) });
  expect(content!.screenshot_key).not.toBe(content!.snapshot_key);
  const unreferenced = () =>
    fixture.database.database.kysely.selectFrom('unreferenced_snapshots').select('key').execute();
  expect(await unreferenced()).toEqual([]);

  expect(await process(id)).toMatchObject({ content_id });
  await fixture.database.database.kysely
    .deleteFrom('scraped_contents')
    .where('id', '=', content_id)
    .execute();
  const swept = (await unreferenced()).map(({ key }) => key);
  expect(swept.sort()).toEqual([content!.snapshot_key, content!.screenshot_key].sort());
});

test('what is no page is read without a browser, even where one is wanted', async () => {
  fixture.site.set('/data', { headers: { 'content-type': 'application/json' }, body: '{"price": 90}' });
  const id = await source('/data', { render_mode: 'always' });
  expect(await process(id)).toMatchObject({ outcome: 'ok' });
  expect((await textOf(id)).join()).toContain('90');
});

test('errors and bot walls keep their outcomes', async () => {
  fixture.site.set('/wall', { headers: html, body: '<title>Just a moment...</title><p>Checking</p>' });
  fixture.site.set('/gone', { status: 404, headers: html, body: '<h1>Not found</h1>' });
  fixture.site.set('/slow', { headers: html, body: shell('hang') });
  const always = { render_mode: 'always' };
  expect(await process(await source('/wall', always))).toMatchObject({
    outcome: 'blocked',
    http_status: 200,
  });
  expect(await process(await source('/gone', always))).toMatchObject({
    outcome: 'not_found',
    http_status: 404,
  });
  expect(await process(await source('/slow'))).toMatchObject({ outcome: 'empty' });
  expect(
    await process(
      await source('/slow', {
        render_mode: 'always',
        render_actions: '[{"type":"wait_for","selector":"h1"}]',
      }),
    ),
  ).toMatchObject({ outcome: 'timeout', content_id: null });
});

describe('without any browser', () => {
  let without: ContentProcessorFixture;
  beforeAll(async () => {
    without = await ContentProcessorFixture.start({ CHROMIUM_PATH: '/nowhere' });
  }, 60_000);
  afterAll(() => without.close());

  test('a shell is unsupported and says what to do; all else goes on', async () => {
    without.site.set('/spa', { headers: html, body: shell('spa') });
    without.site.set('/thin', {
      headers: html,
      body: `<h1>All systems work</h1>${'<i></i>'.repeat(1000)}<script>1</script>`,
    });
    const shellSource = await without.source('/spa');
    expect(await without.api.process({ source_id: shellSource })).toMatchObject({
      outcome: 'unsupported',
      content_id: null,
      detail: expect.stringContaining('CHROMIUM_PATH'),
    });
    const thin = await without.source('/thin');
    expect(await without.api.process({ source_id: thin })).toMatchObject({ outcome: 'ok' });
    expect((await without.sourceRow(thin)).render_learned).toBeNull();
  });
});
