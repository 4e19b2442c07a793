import { Controller, Header, Inject } from '@nestjs/common';
import {
  gatewayContract,
  NOTIFICATIONS_API,
  type NotificationsApi,
  type SigningKeys,
} from '@torale/contracts';
import { Handle } from '@torale/service-host';

const keptSeconds = 300;

/** The keys of webhook signatures, for everyone. */
@Controller()
export class SigningKeysController {
  private kept: { keys: Promise<SigningKeys>; until: number } | undefined;

  constructor(@Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi) {}

  @Handle(gatewayContract.endpoints.getSigningKeys)
  @Header('cache-control', `public, max-age=${keptSeconds}`)
  async getSigningKeys(): Promise<SigningKeys> {
    if (!this.kept || this.kept.until < Date.now()) {
      const keys = this.notifications.signingKeys(undefined);
      this.kept = { keys, until: Date.now() + keptSeconds * 1000 };
      // Whoever asks next asks again.
      keys.catch(() => (this.kept = undefined));
    }
    return this.kept.keys;
  }
}
