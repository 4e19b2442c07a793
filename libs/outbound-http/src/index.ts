export * from './create-outbound-http.ts';
export * from './filtering-proxy.ts';
export * from './outbound-http.config.ts';
export * from './outbound-http.module.ts';
export * from './outbound-http.ts';
