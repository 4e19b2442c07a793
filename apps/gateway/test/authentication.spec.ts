import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AppError, gatewayContract } from '@torale/contracts';
import type { TestUser } from '@torale/testing';
import { createRemoteJWKSet, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { AccessTokens } from '../src/auth/access-tokens.ts';
import { Api, type GatewayHarness, startGateway, SUPABASE_URL } from './gateway-harness.ts';

const jwtSecret = 'legacy-secret-of-the-project-0123456789';

let gateway: GatewayHarness;
let legacy: GatewayHarness;
let user: TestUser;

beforeAll(async () => {
  gateway = await startGateway();
  legacy = await startGateway({ SUPABASE_JWT_SECRET: jwtSecret });
  user = await gateway.db.createUser();
});
afterAll(async () => {
  await gateway.close();
  await legacy.close();
});

const bearer = (token: string, url = gateway.url) => new Api(url, { authorization: `Bearer ${token}` });
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const withClaims = (change: JWTPayload) => gateway.sign({ ...gateway.claims(user), ...change });
const hs256 = (key: string, claims: object, header: object = {}) => {
  const input = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
};
const now = () => Math.floor(Date.now() / 1000);

test('an access token of Supabase lets in', async () => {
  const { body } = await bearer(await gateway.sign(gateway.claims(user))).ok('listUserQueries');
  expect(body).toEqual({ data: [], next_cursor: null });
});

test('the apikey header of supabase-js is ignored', async () => {
  const token = await gateway.sign(gateway.claims(user));
  await new Api(gateway.url, { authorization: `Bearer ${token}`, apikey: 'anon' }).ok('listUserQueries');
});

const forgeries: [string, () => string | Promise<string>][] = [
  ['no signature (alg none)', () => `${encode({ alg: 'none' })}.${encode(gateway.claims(user))}.`],
  [
    'alg none in other letters',
    () => `${encode({ alg: 'nOnE', kid: 'key-1' })}.${encode(gateway.claims(user))}.`,
  ],
  [
    'an HMAC with the public key as the secret',
    async () => hs256(await exportSPKI(gateway.keyPair.publicKey), gateway.claims(user), { kid: 'key-1' }),
  ],
  ['HS256 where no secret is configured', () => hs256(jwtSecret, gateway.claims(user))],
  ['HS256 with an empty secret', () => hs256('', gateway.claims(user))],
  [
    'a key of somebody else under our key id',
    async () => {
      const { privateKey } = await generateKeyPair('ES256');
      return new SignJWT(gateway.claims(user))
        .setProtectedHeader({ alg: 'ES256', kid: 'key-1' })
        .sign(privateKey);
    },
  ],
  ['an unknown key id', () => gateway.sign(gateway.claims(user), { kid: 'key-2' })],
  [
    'a key that the token brings along',
    async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = await exportJWK(publicKey);
      return new SignJWT(gateway.claims(user))
        .setProtectedHeader({ alg: 'ES256', kid: 'key-1', jwk })
        .sign(privateKey);
    },
  ],
  [
    'claims changed after signing',
    async () => {
      const [header, , signature] = (await gateway.sign(gateway.claims(user))).split('.');
      return `${header}.${encode({ ...gateway.claims(user), sub: randomUUID() })}.${signature}`;
    },
  ],
  ['expired', () => withClaims({ exp: now() - 1 })],
  ['without expiry', () => gateway.sign({ ...gateway.claims(user), exp: undefined })],
  ['not valid yet', () => withClaims({ nbf: now() + 600 })],
  ['of another issuer', () => withClaims({ iss: 'https://evil.example/auth/v1' })],
  ['of no issuer', () => withClaims({ iss: undefined })],
  ['for another audience', () => withClaims({ aud: 'anon' })],
  ['for no audience', () => withClaims({ aud: undefined })],
  ['an anon key', () => withClaims({ role: 'anon', sub: undefined })],
  ['a service_role key', () => withClaims({ role: 'service_role' })],
  ['without a role', () => withClaims({ role: undefined })],
  ['a role in SQL', () => withClaims({ role: 'authenticated; reset role' })],
  ['without a user', () => withClaims({ sub: undefined })],
  ['a user id that is none', () => withClaims({ sub: 'admin' })],
  ['no token at all', () => 'nonsense'],
  ['a header that is no JSON', () => 'bm9uc2Vuc2U.e30.c2ln'],
];

test.each(forgeries)('a token is refused: %s', async (_, forge) => {
  const problem = await bearer(await forge()).problem('listUserQueries');
  expect(problem).toMatchObject({ status: 401, code: 'unauthenticated' });
});

test.each([
  ['nothing', {}],
  ['another scheme', { authorization: 'Basic YTpi' }],
  ['an empty token', { authorization: 'Bearer ' }],
])('credentials are required: %s', async (_, headers: Record<string, string>) => {
  const problem = await new Api(gateway.url, headers).problem('listUserQueries');
  expect(problem).toMatchObject({ status: 401, code: 'unauthenticated' });
});

/** The keys of signatures, and what carries a signature of its own. */
const openToAll = ['getSigningKeys', 'showUnsubscribe', 'unsubscribe', 'receiveSendGridEvents'];
const endpointNames = Object.keys(gatewayContract.endpoints) as (keyof typeof gatewayContract.endpoints)[];

test.each(endpointNames.filter((name) => !openToAll.includes(name)))(
  '%s is closed to who shows nothing',
  async (name) => {
    const params = { id: randomUUID(), check_id: randomUUID() };
    const problem = await new Api(gateway.url, {}).problem(name, { params });
    expect(problem).toMatchObject({ status: 401, code: 'unauthenticated' });
  },
);

describe('with SUPABASE_JWT_SECRET', () => {
  test('HS256 tokens of the project are accepted, beside those of its keys', async () => {
    const owner = await legacy.db.createUser();
    await bearer(hs256(jwtSecret, legacy.claims(owner)), legacy.url).ok('listUserQueries');
    await bearer(await legacy.sign(legacy.claims(owner)), legacy.url).ok('listUserQueries');
  });

  test.each([
    ['another secret', () => hs256('another-secret-0123456789-0123456789', legacy.claims(user))],
    [
      'the public key as the secret',
      async () => hs256(await exportSPKI(legacy.keyPair.publicKey), legacy.claims(user)),
    ],
    ['an anon key', () => hs256(jwtSecret, { ...legacy.claims(user), role: 'anon' })],
    ['an expired token', () => hs256(jwtSecret, { ...legacy.claims(user), exp: now() - 1 })],
    ['a token of another issuer', () => hs256(jwtSecret, { ...legacy.claims(user), iss: 'supabase' })],
  ])('HS256 is refused: %s', async (_, forge: () => string | Promise<string>) => {
    const problem = await bearer(await forge(), legacy.url).problem('listUserQueries');
    expect(problem).toMatchObject({ status: 401, code: 'unauthenticated' });
  });
});

describe('while the key set of Supabase does not answer', () => {
  const verifying = async (jwksUrl: string) =>
    new AccessTokens(createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 300 }), {
      SUPABASE_URL,
      CORS_ORIGINS: [],
      MIN_CHECK_INTERVAL_SECONDS: 60,
      CHECK_WAIT_SECONDS: 1,
    }).verify(await gateway.sign(gateway.claims(user)));
  const unavailable = expect.objectContaining<Partial<AppError>>({ code: 'service_unavailable' });

  test('a closed port is our fault and not the token’s', async () => {
    await expect(verifying('http://127.0.0.1:1/jwks.json')).rejects.toEqual(unavailable);
  });

  test.each([
    ['an error', (response: ServerResponse) => response.writeHead(500).end()],
    ['no JSON', (response: ServerResponse) => response.end('<html>')],
    ['no key set', (response: ServerResponse) => response.end('{}')],
    ['silence', () => undefined],
  ])('%s is, too', async (_, answer) => {
    const server = createServer((_request, response) => void answer(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(verifying(`http://127.0.0.1:${port}/jwks.json`)).rejects.toEqual(unavailable);
    server.closeAllConnections();
    server.close();
  });
});

describe('API keys', () => {
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();

  test('stand for their owner in either header, and are stored as a hash', async () => {
    const { user: owner, api } = await gateway.newUser();
    const { status, body: created } = await api.ok('createApiKey', { body: { name: 'CI', expires_at } });
    expect(status).toBe(201);
    expect(created).toMatchObject({ name: 'CI', expires_at, last_used_at: null });
    expect(created.key).toMatch(/^trl_[\w-]{43}$/);
    expect(created.key.startsWith(created.prefix)).toBe(true);
    const rows = await gateway.db.database.kysely
      .selectFrom('api_keys')
      .selectAll()
      .where('user_id', '=', owner.id)
      .execute();
    expect(JSON.stringify(rows)).not.toContain(created.key.slice(12));

    const eitherHeader: Record<string, string>[] = [
      { 'x-api-key': created.key },
      { authorization: `Bearer ${created.key}` },
    ];
    for (const headers of eitherHeader) {
      const { body } = await new Api(gateway.url, headers).ok('listApiKeys');
      expect(body.data).toEqual([expect.objectContaining({ id: created.id })]);
      expect(body.data[0]!.last_used_at).not.toBeNull();
      expect(body.data[0]).not.toHaveProperty('key');
    }
  });

  test('cannot make other API keys', async () => {
    const { api } = await gateway.newUser();
    const { body } = await api.ok('createApiKey', { body: { name: 'CI' } });
    const problem = await new Api(gateway.url, { 'x-api-key': body.key }).problem('createApiKey', {
      body: { name: 'more' },
    });
    expect(problem).toMatchObject({ status: 403, code: 'forbidden' });
  });

  test('end with their deletion and their expiry', async () => {
    const { user: owner, api } = await gateway.newUser();
    const { body } = await api.ok('createApiKey', { body: { name: 'CI', expires_at } });
    const withKey = new Api(gateway.url, { 'x-api-key': body.key });
    const setExpiry = (when: Date) =>
      gateway.db.database.kysely
        .updateTable('api_keys')
        .set({ expires_at: when })
        .where('user_id', '=', owner.id)
        .execute();
    await setExpiry(new Date(Date.now() - 1000));
    expect(await withKey.problem('listApiKeys')).toMatchObject({ code: 'unauthenticated' });
    await setExpiry(new Date(Date.now() + 60_000));
    await withKey.ok('listApiKeys');
    expect((await api.ok('deleteApiKey', { params: { id: body.id } })).status).toBe(204);
    expect(await withKey.problem('listApiKeys')).toMatchObject({ code: 'unauthenticated' });
  });

  test('that are made up are refused, whatever else is shown', async () => {
    const token = await gateway.sign(gateway.claims(user));
    for (const key of ['trl_made-up', 'made-up', '', token]) {
      const problem = await new Api(gateway.url, {
        'x-api-key': key,
        authorization: `Bearer ${token}`,
      }).problem('listApiKeys');
      expect(problem).toMatchObject({ status: 401, code: 'unauthenticated' });
    }
  });

  test('cannot be made already expired', async () => {
    const { api } = await gateway.newUser();
    const problem = await api.problem('createApiKey', {
      body: { name: 'CI', expires_at: '2020-01-01T00:00:00Z' },
    });
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ path: 'expires_at' }] });
  });
});

describe('web pages', () => {
  const preflight = (origin: string, path: string) =>
    fetch(gateway.url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers':
          'apikey,authorization,content-type,x-client-info,x-supabase-api-version',
      },
    });

  test.each(['/api/v1/user-queries', '/auth/v1/token?grant_type=password'])(
    'of the web app may call %s with the headers of supabase-js',
    async (path) => {
      const response = await preflight('http://localhost:3000', path);
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
      const allowed = response.headers.get('access-control-allow-headers')!.split(/, ?/);
      expect(allowed).toEqual(
        expect.arrayContaining(['apikey', 'authorization', 'x-client-info', 'x-supabase-api-version']),
      );
    },
  );

  test('of other origins may not', async () => {
    const response = await preflight('https://evil.example', '/api/v1/user-queries');
    expect(response.headers.get('access-control-allow-origin')).not.toBe('https://evil.example');
    expect(response.headers.get('access-control-allow-origin')).not.toBe('*');
  });

  test('can read the headers they need of an error', async () => {
    const response = await fetch(`${gateway.url}/api/v1/user-queries`, {
      headers: { origin: 'http://localhost:3000' },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-expose-headers')).toContain('x-supabase-api-version');
  });
});
