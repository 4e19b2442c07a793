export * from './call-context.ts';
export * from './service-client.config.ts';
export * from './service-client.module.ts';
export { createServiceClient, type ServiceClientOptions } from './service-client.ts';
export { signServiceToken } from './service-token.ts';
export { childTraceparent } from './trace-context.ts';
