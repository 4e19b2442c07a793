import 'reflect-metadata';

export { SERVICE_NAME, serviceTokenConfig } from '@torale/service-client';
export { bootstrap, type BootstrapOptions } from './bootstrap.ts';
export { coreConfig } from './core.config.ts';
export { describeConfig, type ConfigRow } from './describe-config.ts';
export { createTestApplication, type TestApplicationOptions } from './create-test-application.ts';
export { Handle } from './handle.decorator.ts';
export { Config, ConfigError, loadConfig } from './load-config.ts';
export { ndjson } from './ndjson.ts';
export { ReadinessRegistry, type ReadinessCheck } from './readiness-registry.ts';
export { ServiceTokenGuard } from './service-token.guard.ts';
export { TransportRegistry } from './transport-registry.ts';
