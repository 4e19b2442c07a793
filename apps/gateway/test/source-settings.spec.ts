import { createSealer } from '@torale/secrets';
import { insertContent, insertSource, insertUserQuery } from '@torale/testing';
import { sql } from 'kysely';
import { type Api, type GatewayHarness, publicUrl, secretsKey, startGateway } from './gateway-harness.ts';

let gateway: GatewayHarness;
let api: Api;
let userId: string;

beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  const created = await gateway.newUser();
  api = created.api;
  userId = created.user.id;
});
afterAll(() => gateway.close());

/** Every value in it is one that nobody but the site may see. */
const request = {
  method: 'POST',
  headers: { Authorization: 'Bearer hunter2-header', 'X-Tenant': 'hunter2-tenant' },
  body: '{"password": "hunter2-body"}',
  cookies: { session: 'hunter2-cookie' },
  user_agent: 'Mozilla/5.0 (X11)',
  proxy: 'socks5://ada:hunter2-proxy@8.8.8.8:1080',
};
const summary = {
  method: 'POST',
  header_names: ['Authorization', 'X-Tenant'],
  cookie_names: ['session'],
  user_agent: 'Mozilla/5.0 (X11)',
  has_body: true,
  has_proxy: true,
};

async function create(settings: object) {
  const query = await insertUserQuery(gateway.db.database, { user_id: userId });
  const { body } = await api.ok('createMonitoredSource', {
    body: { user_query_id: query.id, url: publicUrl('/page'), ...settings },
  });
  return body;
}
const stored = (id: string) =>
  gateway.db.database.kysely
    .selectFrom('monitored_sources')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();

/** Everything that the database holds, as text. */
async function everythingStored(): Promise<string> {
  const { database } = gateway.db;
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema')`.execute(database.kysely);
  expect(tables.length).toBeGreaterThan(12);
  const contents = await Promise.all(
    tables.map(({ name }) => sql.raw(`select to_jsonb(t) from ${name} t`).execute(database.kysely)),
  );
  return JSON.stringify(contents.map(({ rows }) => rows));
}

test('a source without settings is fetched plainly', async () => {
  expect(await create({})).toMatchObject({
    request: null,
    respect_robots: true,
    render_mode: 'auto',
    render_actions: [],
    screenshot: false,
    extraction: { include: [], exclude: [], ignore_text: [], facets: [] },
    failing_since: null,
  });
});

test('the request of a source goes in, and only its names come out', async () => {
  const source = await create({ request });
  expect(source.request).toEqual(summary);
  const answers = [
    source,
    (await api.ok('getMonitoredSource', { params: { id: source.id } })).body,
    (await api.ok('listMonitoredSources')).body,
    (await api.ok('getUserQuery', { params: { id: source.user_query_id } })).body,
    (await api.ok('updateMonitoredSource', { params: { id: source.id }, body: { title: 'Mine' } })).body,
    (await api.ok('updateMonitoredSource', { params: { id: source.id }, body: { request } })).body,
  ];
  expect(JSON.stringify(answers)).not.toMatch(/hunter2|sealed/);
  expect(await everythingStored()).not.toContain('hunter2');

  const sealer = createSealer(secretsKey);
  const { request_sealed } = await stored(source.id);
  expect(await sealer.open(userId, request_sealed!)).toEqual(request);
  const { user: other } = await gateway.newUser();
  await expect(sealer.open(other.id, request_sealed!)).rejects.toThrow('cannot be opened');
});

test('a request is replaced as a whole, and null takes it away', async () => {
  const { id } = await create({ request });
  const replaced = await api.ok('updateMonitoredSource', {
    params: { id },
    body: { request: { user_agent: 'curl/8' } },
  });
  expect(replaced.body.request).toEqual({
    method: 'GET',
    header_names: [],
    cookie_names: [],
    user_agent: 'curl/8',
    has_body: false,
    has_proxy: false,
  });
  const plain = await api.ok('updateMonitoredSource', { params: { id }, body: { request: null } });
  expect(plain.body.request).toBeNull();
  expect(await stored(id)).toMatchObject({ request: null, request_sealed: null });
});

test('every other setting can be set, changed and seen', async () => {
  const settings = {
    respect_robots: false,
    render_mode: 'always',
    render_actions: [{ type: 'click', selector: '#more' }],
    screenshot: true,
    extraction: { include: ['main'], exclude: ['.ad'], ignore_text: ['Views: *'], facets: ['links'] },
  };
  const source = await create(settings);
  expect(source).toMatchObject(settings);
  const changed = await api.ok('updateMonitoredSource', {
    params: { id: source.id },
    body: { render_mode: 'never', extraction: { include: ['article'] } },
  });
  expect(changed.body).toMatchObject({
    ...settings,
    render_mode: 'never',
    extraction: { include: ['article'], exclude: [], ignore_text: [], facets: [] },
  });
});

test('a source that is read in another way is due at once and fetched in full, and no content is forgotten', async () => {
  const next_check_at = new Date(Date.now() + 86_400_000).toISOString();
  const source = await insertSource(gateway.db.database, { user_id: userId, next_check_at, etag: '"1"' });
  const content = await insertContent(gateway.db.database, { source_id: source.id });
  await gateway.db.database.kysely
    .updateTable('monitored_sources')
    .set({ latest_content_id: content.id, judged_content_id: content.id })
    .where('id', '=', source.id)
    .execute();
  const { body } = await api.ok('updateMonitoredSource', {
    params: { id: source.id },
    body: { extraction: { include: ['main'] } },
  });
  expect(Date.parse(body.next_check_at)).toBeLessThanOrEqual(Date.now());
  expect(Date.parse(body.updated_at)).toBeGreaterThan(Date.parse(source.updated_at));
  expect(await stored(source.id)).toMatchObject({
    settings_version: 1,
    etag: null,
    latest_content_id: content.id,
    judged_content_id: content.id,
  });
});

test.each([
  [{ request: { headers: { Host: 'x' } } }, 'request.headers.Host'],
  [{ request: { headers: { 'Proxy-Authorization': 'x' } } }, 'request.headers.Proxy-Authorization'],
  [{ request: { headers: { a: 'b\r\nc: d' } } }, 'request.headers.a'],
  [{ request: { cookies: { a: 'b; c' } } }, 'request.cookies.a'],
  [{ request: { body: 'with GET' } }, 'request.body'],
  [{ request: { method: 'PUT' } }, 'request.method'],
  [{ request: { proxy: 'ftp://proxy.example' } }, 'request.proxy'],
  [{ request: { timeout: 5 } }, 'request'],
  [{ request: { user_agent: 'a\0b' } }, 'request.user_agent'],
  [{ respect_robots: 'no' }, 'respect_robots'],
  [{ render_mode: 'sometimes' }, 'render_mode'],
  [{ render_actions: [{ type: 'eval', code: '1' }] }, 'render_actions.0.type'],
  [{ extraction: { include: [''] } }, 'extraction.include.0'],
  [{ extraction: { ignore_text: Array(51).fill('x') } }, 'extraction.ignore_text'],
])('%j is refused with its path', async (settings, path) => {
  const { id: user_query_id } = await insertUserQuery(gateway.db.database, { user_id: userId });
  const { id } = await insertSource(gateway.db.database, { user_query_id });
  const refused = { status: 400, code: 'invalid_request', errors: [expect.objectContaining({ path })] };
  const body = { user_query_id, url: publicUrl('/page'), ...settings };
  expect(await api.problem('createMonitoredSource', { body })).toMatchObject(refused);
  expect(await api.problem('updateMonitoredSource', { params: { id }, body: settings })).toMatchObject(
    refused,
  );
});

test.each(['http://127.0.0.1:3128', 'socks5://ada:hunter2@10.0.0.1', 'http://[::1]:8080'])(
  'the proxy %s is refused, without a word of its password',
  async (proxy) => {
    const { id } = await insertSource(gateway.db.database, { user_id: userId });
    const problem = await api.problem('updateMonitoredSource', {
      params: { id },
      body: { request: { proxy } },
    });
    expect(problem).toMatchObject({
      status: 422,
      code: 'address_refused',
      errors: [{ path: 'request.proxy' }],
    });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  },
);

test("another user's source keeps its request", async () => {
  const { id } = await create({ request });
  const before = await stored(id);
  const { api: stranger } = await gateway.newUser();
  for (const body of [{ request: null }, { request: { cookies: { a: 'b' } } }, { respect_robots: false }]) {
    const problem = await stranger.problem('updateMonitoredSource', { params: { id }, body });
    expect(problem).toMatchObject({ status: 404, code: 'not_found' });
  }
  expect(await stored(id)).toEqual(before);
});
