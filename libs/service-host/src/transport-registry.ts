import { Injectable } from '@nestjs/common';
import type { CustomTransportStrategy } from '@nestjs/microservices';

/**
 * What else a service is reached by than HTTP. A module whose controllers have message handlers adds the transport
 * that brings the messages, in `onModuleInit`. It starts when the service listens and stops with it, beside the
 * requests in flight.
 */
@Injectable()
export class TransportRegistry {
  readonly #transports: CustomTransportStrategy[] = [];

  add(transport: CustomTransportStrategy): void {
    this.#transports.push(transport);
  }

  entries(): readonly CustomTransportStrategy[] {
    return this.#transports;
  }
}
