import { Global, Module } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { createOutboundHttp } from './create-outbound-http.ts';
import { outboundHttpConfig } from './outbound-http.config.ts';
import { OUTBOUND_HTTP } from './outbound-http.ts';

/** Provides OUTBOUND_HTTP everywhere; needs the values of `outboundHttpConfig`. */
@Global()
@Module({
  providers: [
    {
      provide: OUTBOUND_HTTP,
      useFactory: (config: ConfigOf<typeof outboundHttpConfig>) => createOutboundHttp(config),
      inject: [outboundHttpConfig.token],
    },
  ],
  exports: [OUTBOUND_HTTP],
})
export class OutboundHttpModule {}
