import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

export type AppName =
  | 'standalone'
  | 'gateway'
  | 'discovery'
  | 'content-processor'
  | 'change-detector'
  | 'notifications'
  | 'worker';

const mainOf = (app: AppName) => fileURLToPath(new URL(`../../../apps/${app}/dist/main.js`, import.meta.url));

/** Whoever started them may end by an error before it has stopped them. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A built app running as a process of its own, as users run it. */
export class ToraleProcess {
  readonly app: AppName;
  readonly port: number;
  readonly url: string;
  private readonly child: ChildProcess;
  private readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private log = '';

  private constructor(app: AppName, port: number, child: ChildProcess) {
    this.app = app;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.child = child;
    running.add(child);
    // Not `exit`: its last words may still be on their way then.
    this.exited = once(child, 'close').then(([code, signal]) => {
      running.delete(child);
      return { code, signal };
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.log += chunk));
  }

  /** Starts an app without waiting for it. The environment is this one's plus what is given. */
  static launch(app: AppName, port: number, environment: Record<string, string>): ToraleProcess {
    const child = spawn(process.execPath, [mainOf(app)], {
      env: { ...process.env, NODE_OPTIONS: '', ...environment, PORT: String(port), HOST: '127.0.0.1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ToraleProcess(app, port, child);
  }

  /** Starts an app and waits until it says that it is ready. */
  static async start(
    app: AppName,
    environment: Record<string, string>,
    port?: number,
    timeoutMs = 90_000,
  ): Promise<ToraleProcess> {
    const started = ToraleProcess.launch(app, port ?? (await freePort()), environment);
    await started.ready(timeoutMs);
    return started;
  }

  /** Resolves when /health/ready answers 200; rejects with the log when the process ends or time is up. */
  async ready(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    let ended = false;
    void this.exited.then(() => (ended = true));
    while (Date.now() < deadline) {
      if (ended) throw new Error(`${this.app} ended before it was ready:\n${this.log}`);
      const status = await fetch(`${this.url}/health/ready`).then(
        (response) => response.status,
        () => 0,
      );
      if (status === 200) return;
      await sleep(50);
    }
    await this.kill();
    throw new Error(`${this.app} was not ready within ${timeoutMs} ms:\n${this.log}`);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Everything that the process wrote to stdout and stderr so far. */
  output(): string {
    return this.log;
  }

  /** Asks the process to end and resolves with how it did. */
  async stop(
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.kill(signal);
    return this.exited;
  }

  /** SIGKILL: no chance to finish anything. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** Resolves when the process ended by itself. */
  async ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.exited;
  }
}
