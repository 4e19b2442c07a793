import type { DynamicModule, Provider, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ConfigSlice } from '@torale/contracts';
import { coreConfig } from './core.config.ts';
import { createApplication } from './create-application.ts';
import { loadConfig } from './load-config.ts';

export interface TestApplicationOptions {
  module: Type | DynamicModule;
  /** The service's name; the audience its tokens need. */
  name?: string;
  config?: readonly ConfigSlice[];
  environment?: NodeJS.ProcessEnv;
  /** What a `main.ts` would bind for every module: DATABASE, DISCOVERY_API, … */
  providers?: Provider[];
}

/**
 * The service as `bootstrap` would run it, without signals, silent, on a free port of 127.0.0.1:
 * `await app.getUrl()`, `app.inject(…)`; close it after the test.
 * @throws ConfigError when `environment` does not fit the slices
 */
export async function createTestApplication(
  options: TestApplicationOptions,
): Promise<NestFastifyApplication> {
  const slices = [coreConfig, ...(options.config ?? [])];
  const app = await createApplication({
    name: options.name ?? 'test',
    module: options.module,
    slices,
    config: loadConfig(slices, { LOG_LEVEL: 'silent', ...options.environment }),
    providers: options.providers,
  });
  await app.listen(0, '127.0.0.1');
  await app.startAllMicroservices();
  return app;
}
