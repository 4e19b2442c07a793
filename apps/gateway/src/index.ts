export { ACCESS_TOKEN_KEYS, type AccessTokenKeys } from './auth/access-tokens.ts';
export { gatewayConfig } from './gateway.config.ts';
export { GatewayHttpModule, GatewayModule } from './gateway.module.ts';
