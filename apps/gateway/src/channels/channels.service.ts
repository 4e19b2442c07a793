import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  AppError,
  type ChannelTest,
  type ChannelVerification,
  type CreateChannel,
  type CreatedChannel,
  type NotificationChannel,
  NOTIFICATIONS_API,
  type NotificationsApi,
  type Page,
  type PageQuery,
  type RotateChannelSecret,
  type RotatedChannelSecret,
  type SealedChannelSettings,
  type UpdateChannel,
  type WebPushKey,
} from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import { OUTBOUND_HTTP, type OutboundHttp } from '@torale/outbound-http';
import { SEALER, type Sealer } from '@torale/secrets';
import type { Caller } from '../auth/caller.ts';
import { assertFetchable } from '../fetchable-url.ts';
import { found } from '../found.ts';
import { channelOf } from './channel-of.ts';
import {
  countLivingSecrets,
  deleteChannel,
  expireSecrets,
  findChannel,
  insertChannel,
  insertSecret,
  listChannels,
  lockChannel,
  updateChannel,
} from './channels.repository.ts';

/** Standard Webhooks asks for 24 to 64 random bytes. */
const SECRET_BYTES = 32;
/** Each signs every request. */
const MAX_LIVING_SECRETS = 5;

const noChannel = 'There is no such channel';

@Injectable()
export class ChannelsService {
  readonly #logger = new Logger(ChannelsService.name);

  constructor(
    @Inject(USER_DATABASE) private readonly database: UserDatabase,
    @Inject(OUTBOUND_HTTP) private readonly outbound: OutboundHttp,
    @Inject(SEALER) private readonly sealer: Sealer,
    @Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi,
  ) {}

  /** Stores a channel and begins to verify it. One whose verification cannot begin stays, and says why. */
  async create(caller: Caller, wanted: CreateChannel): Promise<CreatedChannel> {
    const channel = channelOf(wanted);
    if (channel.address) await this.assertCallable(channel.address);
    const sealed = channel.secrets && (await this.seal(caller, channel.secrets));
    const secret = channel.kind === 'webhook' ? newSecret() : null;
    const secretSealed = secret && (await this.sealer.seal(caller.claims.sub, secret));
    const { id } = await this.database.asUser(caller.claims, async (transaction) => {
      const created = await insertChannel(transaction, channel, sealed);
      if (!created) throw new AppError('conflict', 'You already have a channel to this place');
      if (secretSealed) await insertSecret(transaction, created.id, secretSealed);
      return created;
    });
    const verification = await this.beginVerification(id);
    return { ...(await this.get(caller, id)), secret, verification };
  }

  list(caller: Caller, page: PageQuery): Promise<Page<NotificationChannel>> {
    return this.database.asUser(caller.claims, (transaction) => listChannels(transaction, page));
  }

  async get(caller: Caller, id: string): Promise<NotificationChannel> {
    return found(
      await this.database.asUser(caller.claims, (transaction) => findChannel(transaction, id)),
      noChannel,
    );
  }

  /** Headers replace all that were there. */
  async update(
    caller: Caller,
    id: string,
    { headers, http_message_signatures, ...change }: UpdateChannel,
  ): Promise<NotificationChannel> {
    const sealed =
      headers !== undefined
        ? await this.seal(caller, { kind: 'webhook', headers: headers ?? {} })
        : undefined;
    return this.database.asUser(caller.claims, async (transaction) => {
      const { kind, settings } = found(await lockChannel(transaction, id), noChannel);
      for (const [field, value] of Object.entries({ headers, http_message_signatures })) {
        if (value !== undefined && kind !== 'webhook') throw onlyForWebhooks(field);
      }
      return updateChannel(transaction, id, {
        ...change,
        ...(kind === 'webhook' && {
          settings: {
            ...settings,
            ...(headers !== undefined && { header_names: Object.keys(headers ?? {}) }),
            ...(http_message_signatures !== undefined && { http_message_signatures }),
          },
        }),
        ...(sealed !== undefined && { settings_sealed: sealed }),
      });
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.database.asUser(caller.claims, async (transaction) => {
      const { is_account } = found(await lockChannel(transaction, id), noChannel);
      if (is_account) {
        throw new AppError(
          'conflict',
          'The address of your account stays; set is_default to false to be told elsewhere only',
        );
      }
      await deleteChannel(transaction, id);
    });
  }

  async sendCode(caller: Caller, id: string): Promise<ChannelVerification> {
    await this.get(caller, id);
    return this.notifications.startVerification({ channel_id: id });
  }

  async verify(caller: Caller, id: string, code: string): Promise<NotificationChannel> {
    await this.get(caller, id);
    await this.notifications.confirmVerification({ channel_id: id, code });
    return this.get(caller, id);
  }

  async test(caller: Caller, id: string): Promise<ChannelTest> {
    await this.get(caller, id);
    return this.notifications.testChannel({ channel_id: id });
  }

  async rotateSecret(
    caller: Caller,
    id: string,
    { overlap_hours }: RotateChannelSecret,
  ): Promise<RotatedChannelSecret> {
    const secret = newSecret();
    const sealed = await this.sealer.seal(caller.claims.sub, secret);
    return this.database.asUser(caller.claims, async (transaction) => {
      const { kind } = found(await lockChannel(transaction, id), noChannel);
      if (kind !== 'webhook') throw new AppError('invalid_request', 'Only webhooks have a signing secret');
      const oldExpireAt = await expireSecrets(transaction, id, overlap_hours);
      if ((await countLivingSecrets(transaction, id)) >= MAX_LIVING_SECRETS) {
        throw new AppError(
          'conflict',
          `${MAX_LIVING_SECRETS} secrets sign already; wait until one ends, or let them end with an overlap of 0`,
        );
      }
      await insertSecret(transaction, id, sealed);
      return { secret, old_expire_at: oldExpireAt };
    });
  }

  webPushKey(): Promise<WebPushKey> {
    return this.notifications.webPushKey(undefined);
  }

  /** What was sent and what to do with it, or what went wrong. */
  private async beginVerification(id: string): Promise<string> {
    try {
      return (await this.notifications.startVerification({ channel_id: id })).detail;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#logger.warn(
        { err: error, channel_id: id },
        'a channel is stored and its verification did not begin',
      );
      return `${error.message}. The channel is stored; POST …/channels/${id}/verification tries again.`;
    }
  }

  private seal(caller: Caller, secrets: SealedChannelSettings): Promise<string> {
    return this.sealer.seal(caller.claims.sub, secrets);
  }

  private async assertCallable({ path, url }: { path: string; url: string }): Promise<void> {
    const { username, password } = new URL(url);
    if (username || password) {
      throw invalid(path, 'must not hold a user name or a password; a webhook can send them in `headers`');
    }
    await assertFetchable(this.outbound, url, path);
  }
}

const newSecret = () => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

const onlyForWebhooks = (field: string) => invalid(field, 'is for webhooks only');

const invalid = (path: string, message: string) =>
  new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });
