import { Inject, Injectable, Optional } from '@nestjs/common';
import type { DeliveryStatus } from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { CLOCK, type Clock } from './clock.ts';
import { DeliveryScheduler } from './delivery-scheduler.ts';
import {
  afterQuietHours,
  localDay,
  planDeliveries,
  type Recipient,
  startOfNextDay,
  type Timing,
} from './plan-deliveries.ts';
import { type Executor, PlanningRepository, type WaitingDelivery } from './planning.repository.ts';

/** Why a delivery is not sent now. */
export interface Detained {
  status: Extract<DeliveryStatus, 'queued' | 'suppressed'>;
  reason: string;
}

/** Looks, when something is about to be sent, at whether it still is to be: since it was planned, much may be different. */
@Injectable()
export class SendingGate {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(PlanningRepository) private readonly planning: PlanningRepository,
    @Inject(DeliveryScheduler) private readonly scheduler: DeliveryScheduler,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = () => new Date(),
  ) {}

  /**
   * Has `claim` take deliveries for an attempt, and puts those where they belong that are not to be told now, or not at
   * all. What is not queued, and what its owner has asked for once more, is left to `claim`. Where messages are
   * counted, it takes the delivery in the transaction that counts.
   */
  async admit<T>(
    deliveryIds: readonly string[],
    claim: (executor: Executor, ids: readonly string[]) => Promise<T[]>,
  ): Promise<{ claimed: T[]; detained: Map<string, Detained> }> {
    const { kysely } = this.database;
    const waiting = (await this.planning.listWaiting(kysely, deliveryIds)).filter(isNew);
    const recipients = await this.planning.readRecipients(kysely, [
      ...new Set(waiting.map(({ user_id }) => user_id)),
    ]);
    const doubtful = waiting.filter((delivery) => {
      const recipient = recipients.get(delivery.user_id)!;
      return !isPlain(delivery, recipient) || this.timing(delivery, recipient).when !== 'now';
    });
    const doubtfulIds = new Set(doubtful.map(({ id }) => id));
    const claimed: T[] = [];
    const detained = new Map<string, Detained>();
    for (const { id, user_id } of doubtful) {
      await this.database.transaction(async (transaction) => {
        const reason = await this.detain(transaction, user_id, id);
        if (reason) detained.set(id, reason);
        else claimed.push(...(await claim(transaction, [id])));
      });
    }
    // Last, so that what fails or takes its time above opens no attempt that is not made.
    const plain = await claim(
      kysely,
      deliveryIds.filter((id) => !doubtfulIds.has(id)),
    );
    claimed.push(...plain);
    return { claimed, detained };
  }

  /** Nobody else plans for this user meanwhile. Null when it is to be sent now. */
  private async detain(
    transaction: Transaction,
    userId: string,
    deliveryId: string,
  ): Promise<Detained | null> {
    await this.planning.lockUser(transaction, userId);
    const [delivery] = await this.planning.listWaiting(transaction, [deliveryId]);
    if (!delivery) return null;
    if (delivery.in_digest_id !== null) return { status: 'queued', reason: 'It comes with a digest.' };
    const recipient = await this.planning.readRecipient(transaction, userId);
    return delivery.digest_id === null
      ? this.detainSingle(transaction, delivery, recipient)
      : this.detainDigest(transaction, { ...delivery, digest_id: delivery.digest_id }, recipient);
  }

  private async detainSingle(
    transaction: Transaction,
    delivery: WaitingDelivery,
    recipient: Recipient,
  ): Promise<Detained | null> {
    const timing = this.timing(delivery, recipient);
    if (delivery.attempts > 0) {
      const channel = recipient.channels.find(({ id }) => id === delivery.channel_id);
      // The other side may have it already, and would not recognise it in a digest. A channel that broke fails it.
      const goesOn = timing.when === 'digest' || channel?.status !== 'verified';
      return goesOn ? null : this.put(transaction, delivery, recipient, timing);
    }
    if (timing.when !== 'now') return this.put(transaction, delivery, recipient, timing);
    if (await this.isBeyondCap(transaction, delivery, recipient)) {
      return this.put(transaction, delivery, recipient, startOfNextDay(recipient.preferences, this.clock()));
    }
    if (delivery.not_before !== null)
      await this.planning.move(transaction, delivery.id, { not_before: null });
    return null;
  }

  private async detainDigest(
    transaction: Transaction,
    digest: WaitingDelivery & { digest_id: string },
    recipient: Recipient,
  ): Promise<Detained | null> {
    const at = this.clock();
    if (digest.attempts === 0) {
      if (digest.not_before !== null && new Date(digest.not_before) > at) {
        return this.hold(transaction, digest, new Date(digest.not_before), 'It is not due yet.');
      }
      // Its time has come: of its members, only those stay behind that are not to be told, or not yet.
      const due = {
        ...recipient,
        preferences: { ...recipient.preferences, mode: 'immediate', quiet_hours: null },
      } as const;
      const members = await this.planning.listMembers(transaction, digest.digest_id);
      const staying: WaitingDelivery[] = [];
      for (const member of members) {
        const leaves =
          this.timing(member, due).when !== 'now' &&
          (await this.put(transaction, member, recipient, this.timing(member, recipient)));
        if (!leaves) staying.push(member);
      }
      if (staying.length === 0) return this.suppress(transaction, digest, 'There was nothing left to tell.');
      if (await this.isBeyondCap(transaction, digest, recipient)) {
        const nextDay = startOfNextDay(recipient.preferences, at);
        for (const member of staying) await this.put(transaction, member, recipient, nextDay);
        return this.suppress(transaction, digest, nextDay.reason);
      }
    }
    const quietUntil = afterQuietHours(recipient.preferences, at);
    if (quietUntil > at) {
      return this.hold(transaction, digest, quietUntil, 'It is held until your quiet hours end.');
    }
    if (digest.attempts === 0) await this.planning.move(transaction, digest.id, { not_before: null });
    return null;
  }

  /** When it would be told if it were raised now. */
  private timing({ subject, channel_id }: WaitingDelivery, recipient: Recipient): Timing {
    const plans = subject ? planDeliveries(subject.about, subject.query, recipient, this.clock()) : [];
    const plan = plans.find(({ channel }) => channel?.id === channel_id);
    return plan?.timing ?? { when: 'never', reason: 'The query is told through other channels now.' };
  }

  private async isBeyondCap(
    transaction: Transaction,
    { id, channel_id }: WaitingDelivery,
    { preferences }: Recipient,
  ): Promise<boolean> {
    if (preferences.max_per_day === null || channel_id === null) return false;
    const day = localDay(preferences.time_zone, this.clock());
    return (await this.planning.countMessages(transaction, channel_id, day, id)) >= preferences.max_per_day;
  }

  private async put(
    transaction: Transaction,
    delivery: WaitingDelivery,
    recipient: Recipient,
    timing: Timing,
  ): Promise<Detained | null> {
    if (timing.when === 'now') return null;
    const channel = recipient.channels.find(({ id }) => id === delivery.channel_id) ?? null;
    const place = await this.scheduler.place(transaction, delivery.user_id, channel, timing);
    await this.planning.move(transaction, delivery.id, place);
    await this.scheduler.wakeBy(transaction, delivery.id, timing);
    return { status: timing.when === 'never' ? 'suppressed' : 'queued', reason: timing.reason };
  }

  private hold(
    transaction: Transaction,
    delivery: WaitingDelivery,
    at: Date,
    reason: string,
  ): Promise<Detained> {
    return this.keep(transaction, delivery, { status: 'queued', reason }, at);
  }

  private suppress(transaction: Transaction, delivery: WaitingDelivery, reason: string): Promise<Detained> {
    return this.keep(transaction, delivery, { status: 'suppressed', reason }, null);
  }

  private async keep(
    transaction: Transaction,
    { id }: WaitingDelivery,
    detained: Detained,
    at: Date | null,
  ): Promise<Detained> {
    await this.planning.move(transaction, id, { ...detained, not_before: at });
    if (at) await this.scheduler.wake(transaction, id, at);
    return detained;
  }
}

/** What its owner has asked for once more comes now, whatever else they have said. */
const isNew = ({ is_replay }: WaitingDelivery) => !is_replay;

/** One message that was not held, and that no cap counts. */
const isPlain = (
  { digest_id, in_digest_id, not_before, attempts }: WaitingDelivery,
  { preferences }: Recipient,
) =>
  digest_id === null &&
  in_digest_id === null &&
  (attempts > 0 || (not_before === null && preferences.max_per_day === null));
