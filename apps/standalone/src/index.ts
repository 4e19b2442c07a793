export { standaloneConfig } from './standalone.config.ts';
export { StandaloneModule } from './standalone.module.ts';
