export { DiscoveryHttpModule, DiscoveryModule } from './discovery.module.ts';
