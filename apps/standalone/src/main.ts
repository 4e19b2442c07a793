import { bootstrap } from '@torale/service-host';
import { EMBEDDED_ANON_KEY } from '@torale/supabase-local';
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

const url = await app.getUrl();
console.log(`
  Torale watches the web for you.

  API         ${url}/api/v1
  OpenAPI     ${url}/openapi.json
  supabase-js createClient('${url}', '${EMBEDDED_ANON_KEY}')
  Sign up     curl ${url}/auth/v1/signup -H 'content-type: application/json' \\
                -d '{"email": "you@example.com", "password": "a long password"}'

  Ctrl-C ends it; what falls due meanwhile is checked at the next start.
`);
