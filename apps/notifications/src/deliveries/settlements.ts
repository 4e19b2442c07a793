import { Inject, Injectable } from '@nestjs/common';
import type { DeliveryStatus } from '@torale/contracts';
import DataLoader from 'dataloader';
import { type AttemptOutcome, DeliveriesRepository } from './deliveries.repository.ts';

/** What ends within this time of another attempt is settled with it, milliseconds. */
const groupingMs = 3;
const maxGroup = 200;

/**
 * Settles attempts, those that end at about the same time in one statement. While it is under way the next are
 * gathered: the busier the database, the fewer statements it is given.
 */
@Injectable()
export class Settlements {
  private readonly loader: DataLoader<AttemptOutcome, DeliveryStatus | null>;
  private underWay: Promise<unknown> = Promise.resolve();

  constructor(@Inject(DeliveriesRepository) private readonly deliveries: DeliveriesRepository) {
    this.loader = new DataLoader(
      (outcomes) => {
        const settled = this.settleAll(outcomes);
        this.underWay = settled.catch(() => undefined);
        return settled;
      },
      {
        cache: false,
        maxBatchSize: maxGroup,
        batchScheduleFn: (settle) => void this.underWay.then(() => setTimeout(settle, groupingMs)),
      },
    );
  }

  /** @returns the status that the delivery has now; null when it is gone */
  settle(outcome: AttemptOutcome): Promise<DeliveryStatus | null> {
    return this.loader.load(outcome);
  }

  private async settleAll(outcomes: readonly AttemptOutcome[]): Promise<(DeliveryStatus | null)[]> {
    // Two attempts at one delivery may end together: one that came late, and the one that took over.
    const byId = Map.groupBy(outcomes, ({ id }) => id);
    const statuses = new Map<AttemptOutcome, DeliveryStatus | null>();
    for (let round = 0; statuses.size < outcomes.length; round += 1) {
      const group = [...byId.values()].flatMap((ofOne) => ofOne[round] ?? []);
      const settled = await this.deliveries.settle(group);
      for (const outcome of group) statuses.set(outcome, settled.get(outcome.id) ?? null);
    }
    return outcomes.map((outcome) => statuses.get(outcome) ?? null);
  }
}
