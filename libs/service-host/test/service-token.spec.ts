import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServiceClient, signServiceToken } from '@torale/service-client';
import { SignJWT, UnsecuredJWT } from 'jose';
import { createTestApplication, serviceTokenConfig } from '../src/index.ts';
import { greeterContract, GuardedGreeterModule } from './greeter.ts';

const secret = 'a secret of more than thirty-two characters';
const key = new TextEncoder().encode(secret);

describe('service tokens', () => {
  let app: NestFastifyApplication;
  let url: string;
  beforeAll(async () => {
    app = await createTestApplication({
      name: 'greeter',
      module: GuardedGreeterModule,
      config: [serviceTokenConfig],
      environment: { SERVICE_TOKEN_SECRET: secret },
    });
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  const callWith = (authorization?: string) =>
    fetch(`${url}/context`, { method: 'POST', headers: authorization ? { authorization } : {} });
  const token = (alg = 'HS256') =>
    new SignJWT().setProtectedHeader({ alg }).setIssuer('front').setAudience('greeter');

  test('a token for this service is let in', async () => {
    expect((await callWith(`Bearer ${await signServiceToken(secret, 'front', 'greeter')}`)).status).toBe(200);
  });

  test.each<[string, () => Promise<string> | string]>([
    ['none', () => ''],
    ['not a bearer', () => 'Basic Zm9v'],
    ['not a token', () => 'Bearer nonsense'],
    ['another secret', async () => `Bearer ${await signServiceToken(`${secret}!`, 'front', 'greeter')}`],
    ['another service', async () => `Bearer ${await signServiceToken(secret, 'front', 'gateway')}`],
    ['expired', async () => `Bearer ${await token().setExpirationTime('-1m').sign(key)}`],
    ['never expires', async () => `Bearer ${await token().sign(key)}`],
    [
      'no issuer',
      async () =>
        `Bearer ${await new SignJWT().setProtectedHeader({ alg: 'HS256' }).setAudience('greeter').setExpirationTime('1m').sign(key)}`,
    ],
    [
      'HS512',
      async () =>
        `Bearer ${await token('HS512')
          .setExpirationTime('1m')
          .sign(new Uint8Array([...key, ...key]))}`,
    ],
    [
      'alg none',
      () =>
        `Bearer ${new UnsecuredJWT().setIssuer('front').setAudience('greeter').setExpirationTime('1m').encode()}`,
    ],
  ])('%s: 401', async (_name, authorization) => {
    const response = await callWith(await authorization());
    expect([response.status, await response.json()]).toMatchObject([401, { code: 'unauthenticated' }]);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('a caller with another secret is told that the services disagree, not that its user is unknown', async () => {
    const api = createServiceClient(greeterContract, { baseUrl: url, secret: `${secret}!`, caller: 'front' });
    await expect(api.context(undefined)).rejects.toMatchObject({
      code: 'upstream_failed',
      message: expect.stringContaining('greeter refused the service token'),
    });
  });

  test.each(['/health/live', '/health/ready', '/metrics', '/openapi.json'])('%s is open', async (path) => {
    expect((await fetch(url + path)).status).toBe(200);
  });
});
