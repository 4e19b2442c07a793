import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeAlert, Delivery, MonitoredSource } from '@torale/contracts';
import { eventually, type ApiSession } from '@torale/testing';
import type { Target } from './target.ts';
import type { UnreliableReceiver } from './unreliable-receiver.ts';

const USERS = 5;
/** Sentences that are filed at the same time. */
const FILING = 8;
const BASELINES_MS = 4 * 60_000;
/** Until a sentence is taken while processes are being killed. */
const TAKEN_WITHIN_MS = 2 * 60_000;
const TRY_AGAIN_MS = 300;

/** Users who watch pages, each with a webhook and with the mail of the account. */
export class Watchers {
  readonly #sessions: ApiSession[];
  readonly #intervalSeconds: number;
  #filed = 0;

  private constructor(sessions: ApiSession[], intervalSeconds: number) {
    this.#sessions = sessions;
    this.#intervalSeconds = intervalSeconds;
  }

  /** @param intervalSeconds how often they want each page checked */
  static async signUp(
    target: Target,
    receiver: UnreliableReceiver,
    intervalSeconds: number,
  ): Promise<Watchers> {
    const sessions: ApiSession[] = [];
    for (let user = 0; user < USERS; user++) {
      const session = await target.signUp(`user-${user}@example.com`);
      const hook = `hook-${user}`;
      const { secret } = await session.addWebhook(receiver.consentTo(hook));
      receiver.open(hook, secret);
      sessions.push(session);
    }
    return new Watchers(sessions, intervalSeconds);
  }

  /** Files these and waits until each page has been read once. Rejects when one is refused. */
  async watch(sentences: string[]): Promise<void> {
    const lane = async () => {
      for (let sentence = sentences.pop(); sentence; sentence = sentences.pop()) {
        const { status, body } = await this.#file(sentence);
        if (status !== 201) throw new Error(`“${sentence}” was refused: ${status} ${JSON.stringify(body)}`);
      }
    };
    await Promise.all(Array.from({ length: FILING }, lane));
    await eventually(
      'every baseline',
      async () => {
        const sources = await this.#all<MonitoredSource>('/monitored-sources');
        return sources.flat().every(({ last_checked_at }) => last_checked_at !== null);
      },
      BASELINES_MS,
    );
  }

  /** Files one while nobody knows who is alive. An answer that is lost is no promise: then it is filed again. */
  async insist(sentence: string): Promise<void> {
    const deadline = Date.now() + TAKEN_WITHIN_MS;
    for (;;) {
      const status = await this.#file(sentence).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 201) return;
      if (Date.now() > deadline) throw new Error(`“${sentence}” was not taken in time: ${status}`);
      await sleep(TRY_AGAIN_MS);
    }
  }

  /** Whether nothing that they are to be told is still on its way. */
  async allTold(): Promise<boolean> {
    const alerts = await this.#all<ChangeAlert>('/alerts');
    const deliveries = await this.#all<Delivery>('/notifications/deliveries');
    return (
      deliveries.every((own, user) => own.length >= 2 * alerts[user]!.length) &&
      deliveries.flat().every(({ status }) => status !== 'queued' && status !== 'sending')
    );
  }

  /** What each of them has of something. */
  #all<Item>(path: string): Promise<Item[][]> {
    return Promise.all(this.#sessions.map((session) => session.all<Item>(`${path}?limit=100`)));
  }

  #file(sentence: string) {
    return this.#sessions[this.#filed++ % USERS]!.request('POST', '/user-queries', {
      raw_query: sentence,
      notify_behavior: 'always',
      check_interval_seconds: this.#intervalSeconds,
    });
  }
}
