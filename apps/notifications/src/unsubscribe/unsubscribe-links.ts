import { Inject, Injectable } from '@nestjs/common';
import { type ConfigOf, unsubscribeTokens } from '@torale/contracts';
import { LINK_SIGNER, type LinkSigner } from '@torale/secrets';
import { notificationsConfig } from '../notifications.config.ts';

/** Links that end what a mail tells of, for whoever holds the mail (RFC 8058). */
@Injectable()
export class UnsubscribeLinks {
  constructor(
    @Inject(LINK_SIGNER) private readonly signer: LinkSigner,
    @Inject(notificationsConfig.token) private readonly config: ConfigOf<typeof notificationsConfig>,
  ) {}

  /** The same for every attempt. Null where Torale has no public address. */
  async urlOf(user_id: string, channel_id: string, user_query_id: string | null): Promise<string | null> {
    const { PUBLIC_URL } = this.config;
    if (PUBLIC_URL === undefined) return null;
    const token = await this.signer.sign(unsubscribeTokens.purpose, {
      user_id,
      channel_id,
      ...(user_query_id !== null && { user_query_id }),
    });
    return `${PUBLIC_URL}/api/v1/unsubscribe?token=${token}`;
  }
}
