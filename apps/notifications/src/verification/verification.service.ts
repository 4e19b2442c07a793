import { randomInt, randomUUID, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  type ChannelRef,
  type ChannelTest,
  type ChannelVerification,
  type VerifyChannel,
} from '@torale/contracts';
import { SEALER, type Sealer } from '@torale/secrets';
import { DELIVERY_CHANNELS, type DeliveryChannels, type Receipt } from '../channels/delivery-channel.ts';
import { DeliveryFailure } from '../channels/delivery-failure.ts';
import type { Told } from '../channels/told.ts';
import { MessageComposer } from '../deliveries/message-composer.ts';
import { sampleAlert } from './sample-alert.ts';
import { limits, type Purpose, waitOf } from './sending-limits.ts';
import { type VerifiableChannel, VerificationRepository } from './verification.repository.ts';

const codeDigits = 6;
const codeLifetimeMinutes = 15;
const maxTries = 5;

/** Makes sure that whoever a channel leads to wants it, before anything is told through it. */
@Injectable()
export class VerificationService {
  constructor(
    @Inject(VerificationRepository) private readonly repository: VerificationRepository,
    @Inject(MessageComposer) private readonly composer: MessageComposer,
    @Inject(DELIVERY_CHANNELS) private readonly channels: DeliveryChannels,
    @Inject(SEALER) private readonly sealer: Sealer,
  ) {}

  /**
   * Sends a new code, which takes the place of an earlier one. A webhook that answers with it is verified at once. A
   * code that could not be sent is not an error: the answer says why. Rejects with `rate_limited`.
   */
  async start({ channel_id }: ChannelRef): Promise<ChannelVerification> {
    const code = randomInt(10 ** codeDigits)
      .toString()
      .padStart(codeDigits, '0');
    const opened = await this.repository.transaction(async (transaction) => {
      const channel = await this.lock(transaction, channel_id);
      if (channel.status === 'verified') return null;
      await this.allow(transaction, 'code', channel);
      const expires_at = await this.repository.storeCode(
        transaction,
        channel,
        this.hashOf(channel_id, code),
        codeLifetimeMinutes,
      );
      return { channel, told: { type: 'verification', code, expires_at } satisfies Told };
    });
    if (!opened) return { status: 'verified', detail: 'It is verified already.' };

    const { channel, told } = opened;
    const receipt = await this.send(channel, told).catch(failureOnly);
    if (receipt instanceof DeliveryFailure) {
      return { status: channel.status, detail: `The code could not be sent. ${receipt.message}` };
    }
    if (channel.kind === 'webhook' && echoes(receipt, code)) {
      await this.confirm({ channel_id, code });
      return { status: 'verified', detail: 'It answered the challenge and is verified.' };
    }
    return { status: channel.status, detail: whatToDo(channel, this.channels.email.provider === 'outbox') };
  }

  /** Rejects with `invalid_request` for a code that is wrong, was used, is too old or was tried too often. */
  async confirm({ channel_id, code }: ChannelRef & VerifyChannel): Promise<ChannelVerification> {
    const hash = this.hashOf(channel_id, code);
    const outcome = await this.repository.transaction(async (transaction) => {
      const channel = await this.lock(transaction, channel_id);
      if (channel.status === 'verified') return 'verified';
      // Counted before it is compared, and for good: what is thrown would take the count back.
      const waiting = await this.repository.takeTry(transaction, channel_id, maxTries);
      if (!waiting) return 'none';
      if (!equal(waiting.code_hash, hash)) return waiting.tries < maxTries ? 'wrong' : 'exhausted';
      await this.repository.markVerified(transaction, channel_id);
      return 'verified';
    });
    if (outcome === 'verified') return { status: 'verified', detail: 'It is verified.' };
    throw refused[outcome];
  }

  /** Sends a sample through a verified channel. Rejects with `conflict` for another and with `rate_limited`. */
  async test({ channel_id }: ChannelRef): Promise<ChannelTest> {
    const channel = await this.repository.transaction(async (transaction) => {
      const locked = await this.lock(transaction, channel_id);
      if (locked.status !== 'verified') throw new AppError('conflict', 'The channel is not verified');
      await this.allow(transaction, 'sample', locked);
      return locked;
    });
    const startedAt = performance.now();
    const receipt = await this.send(channel, { type: 'alert', alert: sampleAlert() }).catch(failureOnly);
    const duration_ms = Math.round(performance.now() - startedAt);
    return receipt instanceof DeliveryFailure
      ? { ok: false, response_status: receipt.responseStatus, detail: receipt.message, duration_ms }
      : { ok: true, response_status: receipt.response_status, detail: null, duration_ms };
  }

  private async lock(transaction: Parameters<VerificationRepository['lock']>[0], channelId: string) {
    const channel = await this.repository.lock(transaction, channelId);
    if (!channel) throw new AppError('not_found', 'There is no such channel');
    return channel;
  }

  /** Notes that something is sent, or rejects with `rate_limited`: nobody is flooded at the word of a user. */
  private async allow(
    transaction: Parameters<VerificationRepository['lock']>[0],
    purpose: Purpose,
    { kind, target, user_id }: VerifiableChannel,
  ): Promise<void> {
    const place = kind === 'email' ? target.toLowerCase() : target;
    const destination = this.sealer.keyedHash(`destination ${kind} ${place}`);
    const sent = await this.repository.sentWithinADay(transaction, { purpose, user_id, destination });
    const seconds = waitOf(sent, limits[purpose]);
    if (seconds > 0) {
      throw new AppError('rate_limited', `Too much was sent there; wait ${seconds} seconds`, {
        retry_after_seconds: seconds,
      });
    }
    await this.repository.noteSent(transaction, { purpose, user_id, destination });
  }

  private async send(channel: VerifiableChannel, told: Told): Promise<Receipt> {
    const message = await this.composer.compose(channel, { id: randomUUID(), told });
    return this.channels[channel.kind].send(message);
  }

  private hashOf(channelId: string, code: string): string {
    return this.sealer.keyedHash(`code ${channelId} ${code}`);
  }
}

const invalidCode = (message: string) =>
  new AppError('invalid_request', `code: ${message}`, { errors: [{ path: 'code', message }] });

const refused = {
  wrong: invalidCode('is not the one that was sent'),
  exhausted: invalidCode('is not the one that was sent; that was the last try, have a new one sent'),
  none: invalidCode('is waited for no longer; have a new one sent'),
};

const equal = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

function failureOnly(error: unknown): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error;
  throw error;
}

/** Whether what a webhook answered is the challenge, alone or as `{"challenge": …}`. */
function echoes({ response_excerpt }: Receipt, code: string): boolean {
  const answer = response_excerpt?.trim() ?? '';
  if (answer === code) return true;
  try {
    const body: unknown = JSON.parse(answer);
    return body === code || (body as { challenge?: unknown } | null)?.challenge === code;
  } catch {
    return false;
  }
}

function whatToDo({ channel_id, kind }: VerifiableChannel, keepsMails: boolean): string {
  const confirm = `Confirm it within ${codeLifetimeMinutes} minutes: POST /api/v1/notifications/channels/${channel_id}/verify.`;
  if (kind === 'webhook') {
    return `It was sent a challenge and did not answer with it. Let it answer with what is under data.challenge, or confirm the challenge by hand. ${confirm}`;
  }
  const where = kind === 'email' && keepsMails ? 'A code was put into the outbox.' : 'A code was sent there.';
  return `${where} ${confirm}`;
}
