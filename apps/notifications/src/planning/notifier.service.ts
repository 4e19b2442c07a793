import { Inject, Injectable, Optional } from '@nestjs/common';
import { AppError, type NotifyRequest, type NotifyResponse, type UserRef } from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { CLOCK, type Clock } from './clock.ts';
import { DeliveryScheduler } from './delivery-scheduler.ts';
import { type Plan, planDeliveries } from './plan-deliveries.ts';
import { PlanningRepository, type WaitingDelivery } from './planning.repository.ts';

/** Alert or notice → deliveries. */
@Injectable()
export class NotifierService {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(PlanningRepository) private readonly planning: PlanningRepository,
    @Inject(DeliveryScheduler) private readonly scheduler: DeliveryScheduler,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = () => new Date(),
  ) {}

  /** The first call for an alert or a notice decides who is told; later ones give the same deliveries again. */
  async notify(about: NotifyRequest): Promise<NotifyResponse> {
    return this.database.transaction(async (transaction) => {
      const userId = await this.planning.findOwner(transaction, about);
      if (userId !== undefined) await this.planning.lockUser(transaction, userId);
      const subject = await this.planning.findSubject(transaction, about);
      if (userId === undefined || !subject) {
        throw new AppError('not_found', 'There is nothing of this id to tell.');
      }
      const existing = await this.planning.listIds(transaction, about);
      if (existing.length > 0) return { delivery_ids: existing };

      const recipient = await this.planning.readRecipient(transaction, userId);
      const plans = planDeliveries(subject.about, subject.query, recipient, this.clock());
      const ids: string[] = [];
      for (const plan of plans) {
        const id = await this.write(transaction, userId, about, plan);
        if (id) ids.push(id);
      }
      return { delivery_ids: ids };
    });
  }

  /**
   * Plans anew what is held for a user: it comes at the time that it would have if it had been raised now, also through
   * channels that were added to its query. What is not to be told any more stays where it is until its time, because
   * that may change again until then.
   */
  async replan({ user_id }: UserRef): Promise<{ moved: number }> {
    return this.database.transaction(async (transaction) => {
      await this.planning.lockUser(transaction, user_id);
      const held = await this.planning.listHeld(transaction, user_id);
      if (held.length === 0) return { moved: 0 };
      const recipient = await this.planning.readRecipient(transaction, user_id);
      let moved = 0;
      for (const group of bySubject(held)) {
        const [{ subject, alert_id, notice_id }] = group;
        const about: NotifyRequest = alert_id === null ? { notice_id: notice_id! } : { alert_id };
        for (const plan of planDeliveries(subject!.about, subject!.query, recipient, this.clock())) {
          if (plan.timing.when === 'never') continue;
          const delivery = group.find(({ channel_id }) => channel_id === plan.channel!.id);
          const changed = delivery
            ? await this.move(transaction, delivery, plan)
            : (await this.write(transaction, user_id, about, plan)) !== undefined;
          if (changed) moved++;
        }
      }
      return { moved };
    });
  }

  private async write(
    transaction: Transaction,
    userId: string,
    about: NotifyRequest,
    { channel, timing }: Plan,
  ): Promise<string | undefined> {
    const place = await this.scheduler.place(transaction, userId, channel, timing);
    const id = await this.planning.insert(transaction, { ...place, ...about, user_id: userId, channel });
    if (id) await this.scheduler.wakeBy(transaction, id, timing);
    return id;
  }

  private async move(
    transaction: Transaction,
    { id, user_id, not_before, in_digest_id }: WaitingDelivery,
    { channel, timing }: Plan,
  ): Promise<boolean> {
    const same =
      'at' in timing &&
      not_before !== null &&
      timing.at.getTime() === Date.parse(not_before) &&
      (timing.when === 'digest') === (in_digest_id !== null);
    if (same) return false;
    await this.planning.move(
      transaction,
      id,
      await this.scheduler.place(transaction, user_id, channel, timing),
    );
    await this.scheduler.wakeBy(transaction, id, timing);
    return true;
  }
}

/** Deliveries of one alert or notice together. */
function bySubject(held: WaitingDelivery[]): [WaitingDelivery, ...WaitingDelivery[]][] {
  const groups = Map.groupBy(held, ({ alert_id, notice_id }) => alert_id ?? notice_id);
  return [...groups.values()] as [WaitingDelivery, ...WaitingDelivery[]][];
}
