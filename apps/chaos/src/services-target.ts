import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres, type Database } from '@torale/database';
import {
  startPostgres,
  ToraleServices,
  type ApiSession,
  type PostgresCluster,
  type ToraleProcess,
} from '@torale/testing';
import type { Random } from './random.ts';
import { residentMegabytes } from './resident-memory.ts';
import type { MemorySample, Target } from './target.ts';

const WORKERS = 2;
/** Between two kills at most, and how long a process may stay dead, milliseconds. */
const PAUSE_MS = 5_000;
const DEAD_MS = 2_000;
/** So many may be on their way up when the next is killed: on a slow machine nothing would ever run else. */
const RETURNING = 2;
/** After a start that failed because what it needs was dead. */
const RESTART_AFTER_MS = 500;
const READY_WITHIN_MS = 120_000;

/** What is killed, and how often out of the sum of all. */
const aims = {
  'worker-1': 4,
  'worker-2': 4,
  'content-processor': 2,
  'change-detector': 2,
  notifications: 3,
  gateway: 1,
  discovery: 1,
  'Postgres, one backend': 1,
  'Postgres, the server': 1,
};

/** Torale as the processes that containers run, on a private Postgres. */
export class ServicesTarget implements Target {
  readonly memory: MemorySample[] = [];
  failedStarts = 0;
  readonly #folder: string;
  readonly #random: Random;
  readonly #postgres: PostgresCluster;
  readonly #services: ToraleServices;
  readonly #database: Database;
  /** Each resolves when a process is ready again, or has been killed once more. */
  readonly #returning = new Set<Promise<void>>();
  /** What is dead and not started again yet. */
  readonly #down = new Set<string>();
  /** What is started again and not ready yet, and may end by itself. */
  readonly #starting = new Set<ToraleProcess>();
  #deaths = 0;

  private constructor(folder: string, random: Random, postgres: PostgresCluster, services: ToraleServices) {
    this.#folder = folder;
    this.#random = random;
    this.#postgres = postgres;
    this.#services = services;
    this.#database = openPostgres({ url: postgres.url, poolSize: 1 });
  }

  /** @param folder for logs */
  static async start(
    folder: string,
    environment: Record<string, string>,
    random: Random,
  ): Promise<ServicesTarget> {
    await mkdir(join(folder, 'logs'), { recursive: true });
    const postgres = await startPostgres();
    const services = await ToraleServices.prepare(postgres, { workers: WORKERS, environment });
    const target = new ServicesTarget(folder, random, postgres, services);
    try {
      await services.start();
    } catch (error) {
      await target.destroy();
      throw error;
    }
    return target;
  }

  get url(): string {
    return this.#services.url;
  }

  signUp(email: string): Promise<ApiSession> {
    return this.#services.signUp(this.#database, email);
  }

  async strike(): Promise<string> {
    while (this.#returning.size >= RETURNING) await Promise.race(this.#returning);
    await sleep(this.#random.integer(0, PAUSE_MS));
    let aim = this.#random.weighted(aims);
    while (this.#down.has(aim)) aim = this.#random.weighted(aims);
    const deadFor = this.#random.integer(0, DEAD_MS);
    if (aim === 'Postgres, the server') await this.#postgres.crash('server');
    else if (aim === 'Postgres, one backend') await this.#postgres.crash('backend');
    else await this.#kill(aim, deadFor);
    return aim;
  }

  async recover(): Promise<void> {
    await Promise.all(this.#returning);
  }

  async stop<T>(work: (database: Database) => Promise<T>): Promise<T> {
    await this.#services.stop();
    for (const name of this.#services.names) {
      const { code } = await this.#services.get(name).ended();
      await this.#keepLog(name);
      if (code !== 0) throw new Error(`${name} ended with ${code}:\n${this.#services.get(name).output()}`);
    }
    return work(this.#database);
  }

  async destroy(): Promise<void> {
    await this.#services.stop('SIGKILL');
    for (const name of this.#services.names) await this.#keepLog(name);
    await this.#database.close();
    await this.#postgres.stop();
  }

  async #kill(name: string, deadForMs: number): Promise<void> {
    const victim = this.#services.get(name);
    const isReady = await fetch(`${victim.url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    const megabytes = isReady && (await residentMegabytes(victim.pid));
    if (megabytes) this.memory.push({ name: name.replace(/-\d$/, ''), megabytes });
    this.#down.add(name);
    const { signal } = await victim.stop('SIGKILL');
    await this.#keepLog(name);
    if (signal !== 'SIGKILL') {
      if (!this.#starting.has(victim)) throw new Error(`${name} ended by itself:\n${victim.output()}`);
      this.failedStarts++;
    }
    const returning = sleep(deadForMs).then(() => this.#revive(name));
    this.#returning.add(returning);
    // Who waits for it hears of it when it fails.
    returning.then(
      () => this.#returning.delete(returning),
      () => undefined,
    );
  }

  /** Resolves when it is ready, or killed once more. One that ends before it is ready is started again. */
  async #revive(name: string): Promise<void> {
    const started = this.#services.launch(name);
    this.#down.delete(name);
    this.#starting.add(started);
    try {
      await started.ready(READY_WITHIN_MS);
      this.#starting.delete(started);
    } catch (error) {
      const wasKilled = this.#down.has(name) || this.#services.get(name) !== started;
      if (wasKilled) return;
      if ((await started.ended()).signal === 'SIGKILL') throw error;
      this.#down.add(name);
      this.failedStarts++;
      await this.#keepLog(name);
      await sleep(RESTART_AFTER_MS);
      await this.#revive(name);
    }
  }

  async #keepLog(name: string): Promise<void> {
    const file = `${String(this.#deaths++).padStart(4, '0')}-${name}.log`;
    await writeFile(join(this.#folder, 'logs', file), this.#services.get(name).output());
  }
}
