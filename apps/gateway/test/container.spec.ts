import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openPostgres } from '@torale/database';
import {
  createUser,
  hasPostgres,
  insertAlert,
  insertSource,
  insertUserQuery,
  type PostgresCluster,
  startPostgres,
  ToraleProcess,
} from '@torale/testing';
import { exportJWK, generateKeyPair, type GenerateKeyPairResult, type JSONWebKeySet, SignJWT } from 'jose';
import { Api, publicUrl } from './gateway-harness.ts';

/** The built gateway as a process: a real Postgres, where it logs in as `authenticator`, and a key set over HTTP. */
(hasPostgres ? describe : describe.skip)('the gateway in a container', () => {
  let postgres: PostgresCluster;
  let database: ReturnType<typeof openPostgres>;
  let supabase: Server;
  let supabaseUrl: string;
  let keys: GenerateKeyPairResult;
  let jwks: JSONWebKeySet;
  let gateway: ToraleProcess;

  beforeAll(async () => {
    keys = await generateKeyPair('RS256', { extractable: true });
    jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig' }] };
    supabase = createServer((request, response) => {
      const isKeySet = request.url === '/auth/v1/.well-known/jwks.json';
      response.writeHead(isKeySet ? 200 : 404).end(JSON.stringify(jwks));
    });
    await new Promise<void>((resolve) => supabase.listen(0, '127.0.0.1', resolve));
    supabaseUrl = `http://127.0.0.1:${(supabase.address() as AddressInfo).port}`;
    postgres = await startPostgres();
    database = openPostgres({ url: postgres.url, poolSize: 2 });
    gateway = await ToraleProcess.start('gateway', environment());
  }, 120_000);

  afterAll(async () => {
    await gateway?.kill();
    await database?.close();
    await postgres?.stop();
    supabase.close();
  });

  const environment = () => ({
    DATABASE_URL: postgres.authenticatorUrl,
    SUPABASE_URL: supabaseUrl,
    SERVICE_TOKEN_SECRET: 'secret-between-services-0123456789',
    SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
    DISCOVERY_SERVICE_URL: 'http://127.0.0.1:1',
  });

  async function newUser(url = gateway.url): Promise<{ id: string; api: Api }> {
    const { id } = await createUser(database);
    const token = await new SignJWT({ role: 'authenticated' })
      .setProtectedHeader({ alg: 'RS256', kid: 'rsa' })
      .setIssuer(`${supabaseUrl}/auth/v1`)
      .setAudience('authenticated')
      .setSubject(id)
      .setExpirationTime('1h')
      .sign(keys.privateKey);
    return { id, api: new Api(url, { authorization: `Bearer ${token}` }) };
  }

  test('pages through what is the caller’s', async () => {
    const { id, api } = await newUser();
    await insertUserQuery(database);
    await database.kysely
      .insertInto('user_queries')
      .values(Array.from({ length: 65 }, (_, i) => ({ user_id: id, raw_query: `query ${i}` })))
      .execute();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string | number> = cursor === null ? { limit: 20 } : { limit: 20, cursor };
      const { body }: Awaited<ReturnType<typeof api.ok<'listUserQueries'>>> = await api.ok(
        'listUserQueries',
        {
          query,
        },
      );
      seen.push(...body.data.map((row) => row.id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(seen).toHaveLength(65);
    expect(new Set(seen).size).toBe(65);
  });

  test('writes what a user may', async () => {
    const { id, api } = await newUser();
    const stored = await insertSource(database, { user_id: id });
    const alert = await insertAlert(database, { source_id: stored.id });
    const source = await api.ok('createMonitoredSource', {
      body: { user_query_id: stored.user_query_id, url: publicUrl() },
    });
    await api.ok('updateMonitoredSource', { params: { id: source.body.id }, body: { status: 'paused' } });
    await api.ok('updateUserQuery', { params: { id: stored.user_query_id }, body: { status: 'paused' } });
    await api.ok('acknowledgeAlert', { params: { id: alert.id } });
    await api.ok('updateNotificationPreferences', { body: { min_severity: 'high' } });
    await api.ok('updateNotificationPreferences', { body: { quiet_hours: { from: '22:00', to: '07:00' } } });
    const channel = await api.ok('createChannel', { body: { kind: 'webhook', url: publicUrl('/hook') } });
    const params = { id: channel.body.id };
    // Nobody runs notifications here.
    expect(channel.body).toMatchObject({
      status: 'pending',
      verification: expect.stringContaining('/verification'),
    });
    await api.ok('updateChannel', { params, body: { name: 'Mine', headers: { 'x-team': 'a' } } });
    await api.ok('rotateChannelSecret', { params, body: {} });
    await api.ok('updateUserQuery', {
      params: { id: stored.user_query_id },
      body: { channel_ids: [channel.body.id], muted: true, snoozed_until: '2030-01-01T00:00:00.000Z' },
    });
    await api.ok('deleteChannel', { params });
    const key = await api.ok('createApiKey', { body: { name: 'key' } });
    await new Api(gateway.url, { 'x-api-key': key.body.key }).ok('getMonitoredSource', {
      params: { id: source.body.id },
    });
    await api.ok('deleteApiKey', { params: { id: key.body.id } });
    await api.ok('deleteUserQuery', { params: { id: stored.user_query_id } });
  });

  test('answers 503 at once while discovery is down, and everything else as ever', async () => {
    const { api } = await newUser();
    const startedAt = Date.now();
    const problem = await api.problem('createUserQuery', { body: { raw_query: `watch ${publicUrl()}` } });
    expect(problem).toMatchObject({ status: 503, code: 'service_unavailable' });
    // A service that is there may take 25 seconds.
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    await api.ok('listUserQueries');
  });

  test('answers 503, not 401, while it cannot get the key set', async () => {
    const other = await ToraleProcess.start('gateway', {
      ...environment(),
      SUPABASE_URL: 'http://127.0.0.1:1',
    });
    const { api } = await newUser(other.url);
    expect(await api.problem('listUserQueries')).toMatchObject({ status: 503, code: 'service_unavailable' });
    expect(await other.stop()).toMatchObject({ code: 0 });
  }, 120_000);
});
