import { contentProcessorContract } from '@torale/contracts';
import { createServiceClient, signServiceToken } from '@torale/service-client';
import { ContentProcessorFixture, secret } from './content-processor-fixture.ts';

let fixture: ContentProcessorFixture;
beforeAll(async () => {
  fixture = await ContentProcessorFixture.start();
});
afterAll(() => fixture.close());

test('the contract is served to whoever has a service token', async () => {
  fixture.site.set('/', { headers: { 'content-type': 'text/html' }, body: '<h1>Lumen 40</h1><p>$90</p>' });
  const source_id = await fixture.source('/');
  const baseUrl = await fixture.app.getUrl();
  const client = createServiceClient(contentProcessorContract, { baseUrl, secret, caller: 'worker' });

  expect(await client.process({ source_id })).toMatchObject({
    outcome: 'ok',
    content_id: expect.any(String),
  });
  await expect(client.process({ source_id: '00000000-0000-4000-8000-000000000000' })).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(client.process({ source_id: 'not an id' })).rejects.toMatchObject({ code: 'invalid_request' });
});

test('HTML that is given is read like a page that is fetched, and nothing is stored', async () => {
  const baseUrl = await fixture.app.getUrl();
  const client = createServiceClient(contentProcessorContract, {
    baseUrl,
    secret,
    caller: 'change-detector',
  });
  const contents = () =>
    fixture.database.database.kysely.selectFrom('scraped_contents').select('id').execute();
  const before = await contents();
  const html = '<title>Lumen</title><script>track()</script><h1>Lumen 40</h1><p>Für $90</p>';
  expect(await client.extract({ html, url: 'https://shop.example/lumen' })).toMatchObject({
    title: 'Lumen',
    blocks: [
      { kind: 'title', text: 'Lumen' },
      { kind: 'heading', text: 'Lumen 40' },
      { kind: 'paragraph', text: 'Für $90', path: ['Lumen 40'] },
    ],
  });
  await expect(client.extract({ html: '<br>', url: 'https://shop.example/' })).rejects.toMatchObject({
    code: 'invalid_request',
  });
  expect(await contents()).toEqual(before);
});

test('nobody without a service token gets anything fetched', async () => {
  fixture.site.set('/secret', { body: 'secret' });
  const payload = { source_id: await fixture.source('/secret') };
  const forged = await signServiceToken(`not-${secret}`, 'worker', 'content-processor');
  const forAnother = await signServiceToken(secret, 'worker', 'discovery');
  for (const authorization of ['', 'Bearer x', `Bearer ${forged}`, `Bearer ${forAnother}`]) {
    const answer = await fixture.app.inject({
      method: 'POST',
      url: '/process',
      headers: { authorization },
      payload,
    });
    expect(answer.statusCode).toBe(401);
  }
  expect(fixture.site.count('/secret')).toBe(0);
});

test.each(['/health/live', '/health/ready', '/metrics', '/openapi.json'])('%s answers', async (url) => {
  expect((await fixture.app.inject({ method: 'GET', url })).statusCode).toBe(200);
});
