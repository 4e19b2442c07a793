import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import {
  CHANGE_DETECTOR_API,
  changeDetectorContract,
  CONTENT_PROCESSOR_API,
  contentProcessorContract,
  DISCOVERY_API,
  discoveryContract,
  NOTIFICATIONS_API,
  notificationsContract,
  type ConfigOf,
  type ServiceContract,
} from '@torale/contracts';
import axios from 'axios';
import { createServiceClient } from './service-client.ts';
import { serviceClientConfig, serviceTokenConfig } from './service-client.config.ts';

/** Name of the service this process is, e.g. `gateway`; provided by service-host. */
export const SERVICE_NAME = Symbol.for('torale.ServiceName');

/** A service that this process calls. */
export interface RemoteService {
  readonly name: string;
  /** Rejects when the service does not answer. */
  ping(signal: AbortSignal): Promise<void>;
}
export const REMOTE_SERVICES = Symbol.for('torale.RemoteServices');

type ClientConfig = ConfigOf<typeof serviceClientConfig>;
type TokenConfig = ConfigOf<typeof serviceTokenConfig>;

const addresses = new Map<ServiceContract, { token: symbol; variable: keyof ClientConfig & `${string}_URL` }>(
  [
    [discoveryContract, { token: DISCOVERY_API, variable: 'DISCOVERY_SERVICE_URL' }],
    [contentProcessorContract, { token: CONTENT_PROCESSOR_API, variable: 'CONTENT_PROCESSOR_URL' }],
    [notificationsContract, { token: NOTIFICATIONS_API, variable: 'NOTIFICATION_SERVICE_URL' }],
    [changeDetectorContract, { token: CHANGE_DETECTOR_API, variable: 'CHANGE_DETECTOR_URL' }],
  ],
);

/**
 * Binds the API tokens of other services to their HTTP clients, for the whole application. Needs
 * `serviceClientConfig` and `serviceTokenConfig` among the config slices.
 */
@Module({})
export class ServiceClientModule {
  static register(contracts: ServiceContract[]): DynamicModule {
    const remotes = contracts.map((contract) => {
      const address = addresses.get(contract);
      if (!address) throw new Error(`No address is configured for ${contract.name}`);
      return { contract, ...address };
    });
    const clients = remotes.map(({ contract, token, variable }): FactoryProvider => ({
      provide: token,
      inject: [serviceClientConfig.token, serviceTokenConfig.token, SERVICE_NAME],
      useFactory: (config: ClientConfig, { SERVICE_TOKEN_SECRET }: TokenConfig, caller: string) =>
        createServiceClient(contract, {
          baseUrl: config[variable],
          secret: SERVICE_TOKEN_SECRET,
          caller,
          breakerResetMs: config.CIRCUIT_BREAKER_RESET_SECONDS * 1000,
        }),
    }));
    const remoteServices: FactoryProvider<RemoteService[]> = {
      provide: REMOTE_SERVICES,
      inject: [serviceClientConfig.token],
      useFactory: (config: ClientConfig) =>
        remotes.map(({ contract, variable }) => ({
          name: contract.name,
          ping: async (signal) => {
            await axios.get('/health/live', { baseURL: config[variable], proxy: false, signal });
          },
        })),
    };
    return {
      module: ServiceClientModule,
      global: true,
      providers: [...clients, remoteServices],
      exports: [...clients, remoteServices],
    };
  }
}
