export { createOutboundHttp } from './create-outbound-http.ts';
export { createFilteringProxy, type FilteringProxy, type FilteringProxyOptions } from './filtering-proxy.ts';
export type { OutboundCode, OutboundFailure } from './outbound-code.ts';
export * from './outbound-http.config.ts';
export * from './outbound-http.module.ts';
export * from './outbound-http.ts';
export type { ResolveName } from './resolve-name.ts';
