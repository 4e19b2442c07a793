export * from './link-signer.ts';
export * from './private-file.ts';
export * from './sealer.ts';
export * from './secrets.config.ts';
export * from './secrets.module.ts';
