import { Injectable } from '@nestjs/common';
import type { DeliveryStatus, NotifyRequest, Severity } from '@torale/contracts';
import type { Transaction } from '@torale/database';
import type { PlannedDelivery, Recipient } from './plan-deliveries.ts';

@Injectable()
export class PlanningRepository {
  /**
   * Locks the alert or the notice, so that of two calls for the same one the second sees what the first wrote.
   * A notice has no severity.
   */
  async lock(
    transaction: Transaction,
    about: NotifyRequest,
  ): Promise<{ user_id: string; severity: Severity | null } | undefined> {
    if ('alert_id' in about) {
      return transaction
        .selectFrom('change_alerts')
        .select(['user_id', 'severity'])
        .where('id', '=', about.alert_id)
        .forNoKeyUpdate()
        .executeTakeFirst();
    }
    const notice = await transaction
      .selectFrom('notices')
      .select('user_id')
      .where('id', '=', about.notice_id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    return notice && { ...notice, severity: null };
  }

  async listIds(transaction: Transaction, about: NotifyRequest): Promise<string[]> {
    const rows = await transaction
      .selectFrom('notification_deliveries')
      .select('id')
      .where((where) => where.and(about))
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(({ id }) => id);
  }

  async readRecipient(transaction: Transaction, userId: string): Promise<Recipient> {
    const preferences = await transaction
      .selectFrom('notification_preferences')
      .select('min_severity')
      .where('user_id', '=', userId)
      .executeTakeFirst();
    const channels = await transaction
      .selectFrom('notification_channels')
      .select(['id', 'kind', 'target'])
      .where('user_id', '=', userId)
      .where('is_default', '=', true)
      .where('status', '=', 'verified')
      .execute();
    return { min_severity: preferences?.min_severity ?? 'low', channels };
  }

  async insert(
    transaction: Transaction,
    planned: (PlannedDelivery & NotifyRequest & { user_id: string })[],
  ): Promise<{ id: string; status: DeliveryStatus }[]> {
    if (planned.length === 0) return [];
    return transaction
      .insertInto('notification_deliveries')
      .values(planned)
      .returning(['id', 'status'])
      .execute();
  }
}
