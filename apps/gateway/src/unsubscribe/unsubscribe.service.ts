import { Inject, Injectable } from '@nestjs/common';
import { AppError, type UnsubscribeClaims, unsubscribeTokens } from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import { LINK_SIGNER, type LinkSigner } from '@torale/secrets';
import { endSubscription, findSubscription, type Subscription } from './unsubscribe.repository.ts';

/** What the links at the end of mails do, for whoever holds the mail. */
@Injectable()
export class UnsubscribeService {
  constructor(
    @Inject(USER_DATABASE) private readonly database: UserDatabase,
    @Inject(LINK_SIGNER) private readonly signer: LinkSigner,
  ) {}

  /** Rejects with `not_found` for a token that is not Torale's, and when what it would end is gone. */
  async show(token: string): Promise<Subscription> {
    const claims = await this.claimsOf(token);
    return found(
      await this.database.asUser(userOf(claims), (transaction) => findSubscription(transaction, claims)),
    );
  }

  /** The same, and ends it; again changes nothing. */
  async end(token: string): Promise<Subscription> {
    const claims = await this.claimsOf(token);
    return this.database.asUser(userOf(claims), async (transaction) => {
      const subscription = found(await findSubscription(transaction, claims));
      if (!subscription.has_ended) await endSubscription(transaction, claims);
      return { ...subscription, has_ended: true };
    });
  }

  private async claimsOf(token: string): Promise<UnsubscribeClaims> {
    const payload = await this.signer.verify(unsubscribeTokens.purpose, token);
    const claims = unsubscribeTokens.claims.safeParse(payload);
    if (!claims.success) throw new AppError('not_found', 'This is no unsubscribe link of this Torale');
    return claims.data;
  }
}

const userOf = ({ user_id }: UnsubscribeClaims) => ({ sub: user_id, role: 'authenticated' as const });

function found(subscription: Subscription | undefined): Subscription {
  if (!subscription) throw new AppError('not_found', 'What this link was for has been deleted');
  return subscription;
}
