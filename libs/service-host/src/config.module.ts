import { Module, type DynamicModule } from '@nestjs/common';
import type { ConfigSlice } from '@torale/contracts';
import type { Config } from './load-config.ts';

/** Makes each slice injectable everywhere: `@Inject(xConfig.token) config: ConfigOf<typeof xConfig>`. */
@Module({})
export class ConfigModule {
  static register(slices: readonly ConfigSlice[], config: Config): DynamicModule {
    const providers = slices.map((slice) => ({ provide: slice.token, useValue: config.of(slice) }));
    return { module: ConfigModule, global: true, providers, exports: providers };
  }
}
