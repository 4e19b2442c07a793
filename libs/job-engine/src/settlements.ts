import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim, FailureRecord, Held, JobClaims } from './job-claims.ts';

/** How the try of a job ended. */
export type Ending =
  | { outcome: 'done' }
  /** Done, and kept to be looked at. */
  | { outcome: 'kept' }
  | { outcome: 'retried'; delay_seconds: number; failure: FailureRecord }
  | { outcome: 'given_up'; failure: FailureRecord }
  | { outcome: 'released' };

/** `lost`: another process has the job, or has settled it. `unrecorded`: nobody knows, so it runs again. */
export type Recorded = 'recorded' | 'lost' | 'unrecorded';

interface Settlement {
  claim: Claim;
  ending: Ending;
  resolve(recorded: Recorded): void;
}

/** What ends within this time is recorded together. */
const GATHER_MS = 4;
/** Before the end of a job is recorded again that the database did not take. */
const PAUSE_AFTER_FAILURE_MS = 500;

/**
 * Records how jobs ended, in few statements: while one round is under way the next is gathered. While the database is
 * away endings are kept, so that what is done is not done again when it returns.
 */
export class Settlements {
  readonly #claims: JobClaims;
  readonly #onTrouble: (message: string, error: unknown) => void;
  #gathered: Settlement[] = [];
  #recording = false;
  #hurrying = false;

  constructor(claims: JobClaims, onTrouble: (message: string, error: unknown) => void) {
    this.#claims = claims;
    this.#onTrouble = onTrouble;
  }

  /** Resolves, and never rejects, when the ending is recorded or will never be. */
  settle(claim: Claim, ending: Ending): Promise<Recorded> {
    return new Promise((resolve) => {
      this.#gathered.push({ claim, ending, resolve });
      if (!this.#recording) void this.#record();
    });
  }

  /** From now on a round that the database does not take is not tried again. */
  hurry(): void {
    this.#hurrying = true;
  }

  async #record(): Promise<void> {
    this.#recording = true;
    await sleep(GATHER_MS);
    while (this.#gathered.length > 0) {
      const round = this.#gathered.splice(0);
      const failed = (await Promise.all(this.#statements(round))).flat();
      if (failed.length > 0 && this.#hurrying) failed.forEach(({ resolve }) => resolve('unrecorded'));
      else if (failed.length > 0) {
        this.#gathered.unshift(...failed);
        await sleep(PAUSE_AFTER_FAILURE_MS);
      }
    }
    this.#recording = false;
  }

  /** Each resolves with what it could not record. */
  #statements(round: Settlement[]): Promise<Settlement[]>[] {
    const of = <O extends Ending['outcome']>(outcome: O) =>
      round.filter(
        (settlement): settlement is Settlement & { ending: Ending & { outcome: O } } =>
          settlement.ending.outcome === outcome,
      );
    const claimsOf = (settlements: Settlement[]) => settlements.map(({ claim }) => claim);
    const [retried, released] = [of('retried'), of('released')];
    return [
      ...byQueue(of('done')).map(([queue, ended]) =>
        this.#run(ended, () => this.#claims.finish(queue, claimsOf(ended))),
      ),
      ...byQueue(of('kept')).map(([queue, ended]) =>
        this.#run(ended, () => this.#claims.complete(queue, claimsOf(ended))),
      ),
      ...of('given_up').map((ended) =>
        this.#run([ended], () => this.#claims.giveUp(ended.claim, ended.ending.failure)),
      ),
      this.#run(retried, () =>
        this.#claims.postpone(retried.map(({ claim, ending }) => ({ ...claim, ...ending }))),
      ),
      this.#run(released, () => this.#claims.release(claimsOf(released))),
    ];
  }

  async #run(settlements: Settlement[], statement: () => Promise<Held>): Promise<Settlement[]> {
    if (settlements.length === 0) return [];
    try {
      const held = await statement();
      for (const { claim, resolve } of settlements) resolve(held.has(claim.id) ? 'recorded' : 'lost');
      return [];
    } catch (error) {
      this.#onTrouble(`The end of ${settlements.length} jobs could not be recorded`, error);
      return settlements;
    }
  }
}

function byQueue(settlements: Settlement[]): [string, Settlement[]][] {
  return [...Map.groupBy(settlements, ({ claim }) => claim.queue)];
}
