import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { type Browser, chromium } from 'playwright-core';
import { contentProcessorConfig } from '../content-processor.config.ts';
import { chromiumExecutable } from './chromium-executable.ts';
import { processTree } from './process-tree.ts';
import { NoBrowserError } from './renderer.ts';

/** One running browser. */
interface Running {
  browser: Browser;
  pid: number;
  /** Pages shown so far, and now. */
  shown: number;
  open: number;
  memoryKills: number;
  /** Gets no further page. */
  retired: boolean;
}

/** The right to one page in the browser. */
export interface BrowserLease {
  browser: Browser;
  /** That the browser is gone, whatever the reason. */
  isLost(): boolean;
  /** That a tab was ended for its memory since the lease began. */
  isShortOfMemory(): boolean;
  /** @param broken true when the page could not be closed: it ends the browser */
  release(broken: boolean): void;
}

const watchIntervalMs = 250;
const closeTimeoutMs = 3_000;
const launchTimeoutMs = 15_000;
/** Beyond what a page may take by itself. */
const leaseGraceMs = 5_000;
/** How long it is believed that a browser does not start. */
const launchRetryMs = 60_000;
/** Where nobody listens: what the browser asks for by itself, outside of any page, gets no answer. */
const nowhere = 'http://127.0.0.1:9';

const switches = [
  // The filtering proxy resolves names, checks them and connects; the browser itself must do neither.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--disable-quic',
  '--block-new-web-contents',
  '--disable-gpu',
  '--disable-remote-fonts',
  '--js-flags=--max-old-space-size=512',
];

/** The one browser of a process: started by the first page, shared by all, replaced before it grows old. */
@Injectable()
export class WarmBrowser implements OnModuleDestroy {
  readonly #logger = new Logger(WarmBrowser.name);
  /** All that have not ended. */
  readonly #running = new Set<Running>();
  /** The one that gets the next page. */
  #current: Running | undefined;
  #launching: Promise<Running> | undefined;
  #unavailable: { error: NoBrowserError; until: number } | undefined;
  #watch: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(
    @Inject(contentProcessorConfig.token) private readonly config: ConfigOf<typeof contentProcessorConfig>,
  ) {}

  /** Process ids of the browsers that run: at times two, one of which is on its way out. */
  get pids(): number[] {
    return [...this.#running].map(({ pid }) => pid);
  }

  /** Rejects with NoBrowserError. A lease that is not released in time ends the browser. */
  async lease(): Promise<BrowserLease> {
    const running = await this.#usable();
    running.shown++;
    running.open++;
    clearTimeout(this.#idle);
    this.#watch ??= setInterval(() => this.#watchMemory(), watchIntervalMs).unref();
    if (running.shown >= this.config.RENDER_MAX_PAGES) this.#retire(running);

    const memoryKills = running.memoryKills;
    const expiry = setTimeout(() => {
      this.#logger.warn('A page outlived its lease; its browser is ended');
      this.#kill(running);
    }, this.config.RENDER_TIMEOUT_MS + leaseGraceMs);
    return {
      browser: running.browser,
      isLost: () => !running.browser.isConnected(),
      isShortOfMemory: () => running.memoryKills > memoryKills,
      release: (broken) => {
        clearTimeout(expiry);
        running.open--;
        // What a page floods this process with waits in the browser: it goes at once, and its other pages are shown anew.
        if (broken) this.#kill(running);
        if (broken || memoryOf(running) > (this.config.RENDER_MAX_MEMORY_MB * 2 ** 20) / 2)
          this.#retire(running);
        void this.#settle(running);
      },
    };
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.#idle);
    clearInterval(this.#watch);
    // One that does not start has said so to whoever waits for it.
    await this.#launching?.catch(() => undefined);
    await Promise.all([...this.#running].map((running) => this.#end(running)));
  }

  async #usable(): Promise<Running> {
    if (this.#current) return this.#current;
    this.#launching ??= this.#launch().finally(() => (this.#launching = undefined));
    return this.#launching;
  }

  async #launch(): Promise<Running> {
    if (this.#unavailable && this.#unavailable.until > Date.now()) throw this.#unavailable.error;
    try {
      return await this.#start(await chromiumExecutable(this.config.CHROMIUM_PATH));
    } catch (cause) {
      const error =
        cause instanceof NoBrowserError
          ? cause
          : new NoBrowserError(`The browser does not start: ${firstLine(cause)}`, { cause });
      this.#logger.error(cause, error.message);
      this.#unavailable = { error, until: Date.now() + launchRetryMs };
      throw error;
    }
  }

  async #start(executablePath: string): Promise<Running> {
    const isRoot = process.getuid?.() === 0;
    const folder = await mkdtemp(join(tmpdir(), 'torale-browser-'));
    const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
    const browser = await chromium
      .launch({
        executablePath,
        args: switches,
        chromiumSandbox: this.config.CHROMIUM_SANDBOX && !isRoot,
        proxy: { server: nowhere, bypass: '<-loopback>' },
        env: environmentOf(executablePath, folder),
        timeout: launchTimeoutMs,
        // The process that has the browser decides when it ends.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      })
      .catch(async (error: unknown) => {
        await remove();
        throw error;
      });
    browser.once('disconnected', () => void remove());
    const running: Running = {
      browser,
      pid: await pidOf(browser).catch(async (error: unknown) => {
        await browser.close();
        throw error;
      }),
      shown: 0,
      open: 0,
      memoryKills: 0,
      retired: false,
    };
    this.#running.add(running);
    this.#current = running;
    browser.once('disconnected', () => {
      this.#retire(running);
      this.#running.delete(running);
    });
    return running;
  }

  #retire(running: Running): void {
    running.retired = true;
    if (this.#current === running) this.#current = undefined;
  }

  async #settle(running: Running): Promise<void> {
    if (running.open > 0) return;
    if (running.retired) await this.#end(running);
    if ([...this.#running].some(({ open }) => open > 0)) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#retire(running);
      void this.#end(running);
    }, this.config.RENDER_IDLE_SECONDS * 1000).unref();
  }

  /** Ends the tab that takes most of a browser that takes too much. */
  #watchMemory(): void {
    for (const running of this.#running) {
      const tree = processTree(running.pid);
      const memory = tree.reduce((sum, use) => sum + use.memory, 0);
      if (memory <= this.config.RENDER_MAX_MEMORY_MB * 2 ** 20) continue;
      const [largest] = tree.sort((a, b) => b.memory - a.memory);
      running.memoryKills++;
      this.#logger.warn(`The browser takes ${Math.round(memory / 2 ** 20)} MB; ending its largest tab`);
      if (largest?.isRenderer) killProcess(largest.pid);
      else this.#kill(running);
    }
  }

  async #end(running: Running): Promise<void> {
    const closed = running.browser.close().then(
      () => true,
      () => true,
    );
    const late = new Promise<false>((resolve) => setTimeout(resolve, closeTimeoutMs, false).unref());
    if (!(await Promise.race([closed, late]))) this.#kill(running);
  }

  #kill(running: Running): void {
    for (const { pid } of [...processTree(running.pid), { pid: running.pid }]) killProcess(pid);
  }
}

const memoryOf = ({ pid }: Running) => processTree(pid).reduce((sum, { memory }) => sum + memory, 0);

/** None of the process's own variables: they hold its secrets, and pages run code in there. */
function environmentOf(executablePath: string, folder: string): Record<string, string> {
  const fonts = join(dirname(executablePath), 'fonts');
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    TMPDIR: folder,
    // The browser from npm brings fonts for machines without any.
    ...(!existsSync('/etc/fonts') && existsSync(fonts) && { FONTCONFIG_PATH: fonts }),
  };
}

async function pidOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.find(({ type }) => type === 'browser')!.id;
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It was quicker.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const firstLine = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0];
