import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPglite, type Database } from '@torale/database';
import { ApiSession, freePort, ToraleProcess } from '@torale/testing';
import type { Random } from './random.ts';
import { residentMegabytes } from './resident-memory.ts';
import type { MemorySample, Target } from './target.ts';

/** About what the first start of all takes, and any other, milliseconds. */
const FIRST_START_MS = 8_000;
const START_MS = 2_500;
/** How long a process that is ready lives at most. */
const LIFE_MS = 3_500;
const READY_WITHIN_MS = 120_000;

/** Torale as one process on the embedded database. */
export class StandaloneTarget implements Target {
  readonly url: string;
  readonly memory: MemorySample[] = [];
  readonly failedStarts = 0;
  readonly #folder: string;
  readonly #environment: Record<string, string>;
  readonly #random: Random;
  readonly #port: number;
  #process: ToraleProcess;
  #ready: Promise<void> = Promise.resolve();
  #lives = 0;

  private constructor(folder: string, environment: Record<string, string>, random: Random, port: number) {
    this.#folder = folder;
    this.#environment = { ...environment, TORALE_DATA_DIR: join(folder, 'data') };
    this.#random = random;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#process = this.#launch();
  }

  /**
   * @param folder for data and logs
   * @param killsInFirstStart how often the start that creates the database is broken off before it may succeed
   */
  static async start(
    folder: string,
    environment: Record<string, string>,
    random: Random,
    killsInFirstStart: number,
  ): Promise<StandaloneTarget> {
    await mkdir(join(folder, 'logs'), { recursive: true });
    const target = new StandaloneTarget(folder, environment, random, await freePort());
    for (let kill = 0; kill < killsInFirstStart; kill++) {
      await sleep(random.integer(100, FIRST_START_MS));
      await target.#kill();
    }
    await target.recover();
    return target;
  }

  signUp(email: string): Promise<ApiSession> {
    return ApiSession.signUp(this.url, email);
  }

  async strike(): Promise<string> {
    if (this.#random.onceIn(3)) {
      await sleep(this.#random.integer(0, START_MS));
      await this.#kill();
      return 'standalone, while it starts';
    }
    const life = this.#random.integer(0, LIFE_MS);
    await this.recover();
    await sleep(life);
    const megabytes = await residentMegabytes(this.#process.pid);
    if (megabytes) this.memory.push({ name: 'standalone', megabytes });
    await this.#kill();
    return 'standalone';
  }

  recover(): Promise<void> {
    return this.#ready;
  }

  async stop<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const { code } = await this.#process.stop();
    await this.#keepLog();
    if (code !== 0) throw new Error(`standalone ended with ${code}:\n${this.#process.output()}`);
    const database = await openPglite({ dataDirectory: join(this.#folder, 'data') });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  }

  async destroy(): Promise<void> {
    await this.#process.kill();
    await this.#keepLog();
  }

  #launch(): ToraleProcess {
    const started = ToraleProcess.launch('standalone', this.#port, this.#environment);
    this.#ready = started.ready(READY_WITHIN_MS);
    // Who waits for it hears of it; a process that was killed meanwhile is nobody's concern.
    this.#ready.catch(() => undefined);
    return started;
  }

  async #kill(): Promise<void> {
    const { signal } = await this.#process.stop('SIGKILL');
    await this.#keepLog();
    if (signal !== 'SIGKILL') throw new Error(`standalone ended by itself:\n${this.#process.output()}`);
    this.#process = this.#launch();
  }

  async #keepLog(): Promise<void> {
    const name = `${String(this.#lives++).padStart(4, '0')}-standalone.log`;
    await writeFile(join(this.#folder, 'logs', name), this.#process.output());
  }
}
