import { createMonitoredSourceSchema, sourceRequestSchema, updateMonitoredSourceSchema } from './index.ts';

const faults = (value: unknown) =>
  (sourceRequestSchema.safeParse(value).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
const many = (count: number, value = 'x') =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${n}`, value]));

describe('the request of a source', () => {
  it('is a GET of nothing but the URL unless it says otherwise', () => {
    expect(sourceRequestSchema.parse({})).toEqual({ method: 'GET', headers: {}, cookies: {} });
  });

  it('takes what a browser would send', () => {
    const request = {
      method: 'POST',
      headers: { Authorization: 'Bearer abc', 'Content-Type': 'application/json', 'X-Tab': 'a\tb é' },
      body: '{"page": 1}',
      cookies: { session: 'a=b,"c d"', '__Host-id': '' },
      user_agent: 'Mozilla/5.0 (X11)',
      proxy: 'socks5://user:pass@proxy.example:1080',
    };
    expect(sourceRequestSchema.parse(request)).toEqual(request);
  });

  it.each([
    'Host',
    'content-length',
    'Connection',
    'Transfer-Encoding',
    'Proxy-Authorization',
    'proxy-anything',
    'TE',
    'Upgrade',
    'If-None-Match',
    'Accept-Encoding',
    'Cookie',
    'User-Agent',
    'Range',
  ])('cannot set %s', (name) => {
    expect(faults({ headers: { [name]: 'x' } })).toEqual([
      `headers.${name}: is a header that cannot be set here`,
    ]);
  });

  it.each([
    [{ headers: { 'a b': 'x' } }, 'headers.a b: is not a name that a header can have'],
    [{ headers: { '': 'x' } }, 'headers.: is not a name that a header can have'],
    [{ headers: { a: 'x\r\nhost: evil' } }, 'headers.a: has a value that a header cannot have'],
    [{ headers: { a: '☃' } }, 'headers.a: has a value that a header cannot have'],
    [{ headers: { 'X-Key': '1', 'x-key': '2' } }, 'headers.x-key: is named twice'],
    [{ headers: many(31) }, 'headers: at most 30 headers'],
    [{ cookies: { 'a;b': 'x' } }, 'cookies.a;b: is not a name that a cookie can have'],
    [{ cookies: { a: 'x; admin=1' } }, 'cookies.a: has a value that a cookie cannot have'],
    [{ cookies: { a: 'x\r\n' } }, 'cookies.a: has a value that a cookie cannot have'],
    [{ cookies: many(51) }, 'cookies: at most 50 cookies'],
    [{ headers: { a: 'x'.repeat(4097) } }, /^headers\.a: .*4096/],
    [{ headers: many(5, 'x'.repeat(4000)) }, /longer than 16384 characters$/],
    [{ body: 'x' }, 'body: only a POST request has a body'],
    [{ method: 'POST', body: 'x'.repeat(65_537) }, /^body: .*65536/],
    [{ method: 'DELETE' }, /^method: /],
    [{ user_agent: 'a\nb' }, 'user_agent: has a character that a header cannot have'],
    [{ proxy: 'ftp://proxy.example' }, /^proxy: /],
    [{ proxy: 'proxy.example' }, /^proxy: /],
    [{ header: {} }, /header/],
  ])('%j is refused with its place', (request, fault) => {
    const found = faults(request);
    expect(found).toHaveLength(1);
    if (typeof fault === 'string') expect(found[0]).toBe(fault);
    else expect(found[0]).toMatch(fault);
  });

  it('never repeats a value in what it says is wrong', () => {
    const secret = 's3cret-☃';
    const said = JSON.stringify(
      sourceRequestSchema.safeParse({
        headers: { a: secret },
        cookies: { b: `${secret};` },
        body: secret,
        proxy: secret,
        user_agent: secret,
      }).error!.issues,
    );
    expect(said).not.toContain('s3cret');
  });
});

test('a source can be made with nothing but its URL, and changed one setting at a time', () => {
  const made = { user_query_id: '0b6a3a52-52a8-4a5b-8a8d-b6c3e8a7d002', url: 'https://example.org/' };
  expect(createMonitoredSourceSchema.parse(made)).toEqual({ ...made, kind: 'page' });
  expect(updateMonitoredSourceSchema.parse({ request: null })).toEqual({ request: null });
  expect(updateMonitoredSourceSchema.safeParse({}).success).toBe(false);
  expect(updateMonitoredSourceSchema.safeParse({ failing_since: null }).success).toBe(false);
});
