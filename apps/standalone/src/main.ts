import { bootstrap } from '@torale/service-host';
import { standaloneConfig } from './standalone.config.ts';
import { StandaloneModule } from './standalone.module.ts';

const DEFAULT_PORT = 8000;
const port = process.env.PORT || String(DEFAULT_PORT);

const app = await bootstrap({
  name: 'standalone',
  module: StandaloneModule,
  config: standaloneConfig,
  // The embedded Supabase is the gateway itself.
  environment: { SUPABASE_URL: `http://127.0.0.1:${port}`, ...process.env },
  port: DEFAULT_PORT,
});

console.log(`
  Torale watches the web for you.

  API        ${await app.getUrl()}/api/v1
  OpenAPI    ${await app.getUrl()}/openapi.json
  Sign up    curl ${await app.getUrl()}/auth/v1/signup -H 'content-type: application/json' \\
               -d '{"email": "you@example.com", "password": "a long password"}'

  Ctrl-C ends it; what is due meanwhile is checked at the next start.
`);
