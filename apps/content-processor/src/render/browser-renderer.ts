import { Inject, Injectable } from '@nestjs/common';
import type { ConfigOf } from '@torale/contracts';
import { createFilteringProxy, type OutboundError, outboundHttpConfig } from '@torale/outbound-http';
import type { BrowserContext, CDPSession, Page, Request, Response } from 'playwright-core';
import { contentProcessorConfig } from '../content-processor.config.ts';
import { navigationFailure } from './navigation-failure.ts';
import { NetworkQuiet } from './network-quiet.ts';
import { documentHtml, documentScreenshot } from './page-document.ts';
import { PageSlots } from './page-slots.ts';
import { performAction } from './perform-action.ts';
import {
  NotAPageError,
  type RenderedPage,
  type Renderer,
  RenderError,
  type RenderRequest,
} from './renderer.ts';
import { type BrowserLease, WarmBrowser } from './warm-browser.ts';

/** Nothing in them is read. Images are loaded when a picture of the page is wanted. */
const unread = new Set(['image', 'media', 'font', 'texttrack', 'manifest', 'ping']);
/** What no page that is meant to be read needs. */
const maxRequests = 1000;
const maxFrames = 100;
const maxNavigations = 30;
const maxPageBytes = 50_000_000;
const viewport = { width: 1280, height: 900 };
/** Loading is over when nothing has loaded for so long, ms. */
const quietMs = 400;
/** How long a page may take to go away before its whole browser does. */
const closeTimeoutMs = 1_000;

/** Runs in every frame first. Each of these would be told to this process, which has no use for it. */
const quieten = `for (const name of Object.keys(console)) console[name] = () => undefined;
  window.alert = window.print = () => undefined;
  window.confirm = () => false;
  window.prompt = () => null;`;

type OutboundHttpConfig = ConfigOf<typeof outboundHttpConfig>;

/** Renders in the warm browser: each page in a context of its own, behind a filtering proxy of its own. */
@Injectable()
export class BrowserRenderer implements Renderer {
  readonly #slots: PageSlots;

  constructor(
    @Inject(WarmBrowser) private readonly browser: WarmBrowser,
    @Inject(contentProcessorConfig.token) private readonly config: ConfigOf<typeof contentProcessorConfig>,
    @Inject(outboundHttpConfig.token) private readonly outbound: OutboundHttpConfig,
  ) {
    this.#slots = new PageSlots(config.RENDER_CONCURRENCY);
  }

  async render(request: RenderRequest): Promise<RenderedPage> {
    const giveBack = await this.#slots.take(this.#timeout(request));
    try {
      const deadline = this.#timeout(request);
      try {
        return await this.#renderOnce(request, deadline);
      } catch (error) {
        // Somebody else's page or the system may have ended the browser: a page is guilty the second time.
        if (!(error instanceof BrowserLostError) || deadline.aborted) throw error;
        return await this.#renderOnce(request, deadline);
      }
    } finally {
      giveBack();
    }
  }

  #timeout({ signal }: RenderRequest): AbortSignal {
    const timeout = AbortSignal.timeout(this.config.RENDER_TIMEOUT_MS);
    return signal ? AbortSignal.any([timeout, signal]) : timeout;
  }

  async #renderOnce(request: RenderRequest, deadline: AbortSignal): Promise<RenderedPage> {
    const lease = await this.browser.lease();
    let tab: Tab | undefined;
    let closed = false;
    try {
      // What a page may wait for leaves time for all that follows.
      const limits = {
        settleMs: this.config.RENDER_TIMEOUT_MS / 4,
        actionMs: this.config.RENDER_TIMEOUT_MS / 2,
      };
      tab = await Tab.open(lease, request, this.outbound, limits);
      try {
        return await tab.render(deadline);
      } finally {
        closed = await tab.close();
      }
    } catch (error) {
      // What a page has come to stands, also when the browser ends while the page is closed.
      if (error instanceof RenderError) throw error;
      if (lease.isLost()) throw new BrowserLostError(lease, deadline, error);
      throw tab?.failureOf(error, lease) ?? error;
    } finally {
      lease.release(!closed);
    }
  }
}

const tooSlow = ['timeout', 'The page was not ready in time'] as const;
const tooMuchMemory = ['too_large', 'The page takes more memory than it may'] as const;

class BrowserLostError extends RenderError {
  constructor(lease: BrowserLease, deadline: AbortSignal, cause: unknown) {
    const unexplained = ['unsupported', 'The browser ended while it showed the page'] as const;
    const [outcome, message] = deadline.aborted
      ? tooSlow
      : lease.isShortOfMemory()
        ? tooMuchMemory
        : unexplained;
    super(outcome, message, { cause });
  }
}

interface TabLimits {
  /** Loading is taken to be over after so long: some pages never stop. */
  settleMs: number;
  actionMs: number;
}

/** One page while it is shown. */
class Tab {
  readonly #context: BrowserContext;
  readonly #page: Page;
  readonly #request: RenderRequest;
  readonly #outbound: OutboundHttpConfig;
  readonly #limits: TabLimits;
  readonly #closeProxy: () => Promise<void>;
  /** By host, what the proxy said. */
  readonly #failures: Map<string, OutboundError>;
  readonly #quiet: NetworkQuiet;
  /** Rejects with what ends the page before its time. */
  readonly #ended: Promise<never>;
  #end!: (error: Error) => void;
  #navigation: Request | undefined;
  #document: Response | undefined;
  #requests = 0;
  #navigations = 0;
  #frames = 0;

  static async open(
    lease: BrowserLease,
    request: RenderRequest,
    outbound: OutboundHttpConfig,
    limits: TabLimits,
  ): Promise<Tab> {
    const failures = new Map<string, OutboundError>();
    let tab: Tab | undefined;
    const proxy = await createFilteringProxy(outbound, {
      proxy: request.proxy,
      maxBytes: maxPageBytes,
      onFailure: (host, error) => {
        failures.set(withoutBrackets(host), error);
        if (error.code === 'wire_too_large') tab?.fail(new RenderError('too_large', error.message));
      },
    });
    try {
      const context = await lease.browser.newContext({
        proxy: { server: proxy.url, bypass: '<-loopback>' },
        serviceWorkers: 'block',
        acceptDownloads: false,
        userAgent: request.user_agent ?? outbound.OUTBOUND_USER_AGENT,
        locale: 'en-US',
        timezoneId: 'UTC',
        viewport,
      });
      await context.addInitScript(quieten);
      const { cookies = {}, url } = request;
      await context.addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url })));
      tab = new Tab(context, await context.newPage(), request, outbound, limits, failures, () =>
        proxy.close(),
      );
      return tab;
    } catch (error) {
      await proxy.close();
      throw error;
    }
  }

  private constructor(
    context: BrowserContext,
    page: Page,
    request: RenderRequest,
    outbound: OutboundHttpConfig,
    limits: TabLimits,
    failures: Map<string, OutboundError>,
    closeProxy: () => Promise<void>,
  ) {
    this.#context = context;
    this.#page = page;
    this.#request = request;
    this.#outbound = outbound;
    this.#limits = limits;
    this.#failures = failures;
    this.#closeProxy = closeProxy;
    this.#quiet = new NetworkQuiet(page);
    this.#ended = new Promise((_, reject) => (this.#end = reject));
    // It may end when nobody waits any more.
    this.#ended.catch(() => undefined);

    page.on('crash', () => this.#end(new TabCrash()));
    page.on('download', () => this.#end(new NotAPageError('a file to download')));
    page.on('request', (one) => {
      if (++this.#requests > maxRequests)
        this.#end(new RenderError('too_large', 'The page never stops loading'));
      if (!one.isNavigationRequest() || one.frame() !== page.mainFrame()) return;
      this.#navigation = one;
      if (++this.#navigations > maxNavigations) {
        this.#end(new RenderError('too_many_redirects', 'The page leads on without end'));
      }
    });
    page.on('frameattached', () => {
      if (++this.#frames > maxFrames)
        this.#end(new RenderError('too_large', 'The page is frames within frames'));
    });
    page.on('response', (response) => {
      if (response.request() === this.#navigation) this.#document = response;
    });
    context.on('page', (popup) => void popup.close());
  }

  /** Ends the page before its time. */
  fail(error: RenderError): void {
    this.#end(error);
  }

  /** Rejects with RenderError, or with whatever failed; `failureOf` says what that comes to. */
  async render(deadline: AbortSignal): Promise<RenderedPage> {
    if (deadline.aborted) throw new RenderError(...tooSlow);
    const end = () => this.#end(new RenderError(...tooSlow));
    deadline.addEventListener('abort', end, { once: true });
    try {
      return await Promise.race([this.#render(), this.#ended]);
    } finally {
      // It would hold on to the page until it is due.
      deadline.removeEventListener('abort', end);
    }
  }

  async #render(): Promise<RenderedPage> {
    const { actions = [], screenshot = false } = this.#request;
    await this.#context.route('**', (route) => {
      const request = route.request();
      if (unread.has(request.resourceType()) && !(screenshot && request.resourceType() === 'image')) {
        return route.abort('blockedbyclient');
      }
      const { headers } = this.#request;
      if (headers && new URL(request.url()).origin === new URL(this.#request.url).origin) {
        return route.continue({ headers: { ...request.headers(), ...headers } });
      }
      return route.continue();
    });

    // Its own time limit would be one too many: the deadline ends it.
    await this.#page.goto(this.#request.url, { waitUntil: 'domcontentloaded', timeout: 0 });
    this.#assertPage();
    await this.#quiet.wait(quietMs, this.#limits.settleMs);
    for (const action of actions) {
      await performAction(this.#page, action, this.#limits.actionMs);
      await this.#quiet.wait(quietMs, this.#limits.settleMs);
    }
    this.#assertPage();

    const session = await this.#context.newCDPSession(this.#page);
    const picture = screenshot ? await documentScreenshot(session) : undefined;
    const html = await this.#html(session);
    return {
      status: this.#document!.status(),
      url: this.#page.url(),
      headers: this.#document!.headers(),
      html,
      ...(picture && { screenshot: picture }),
    };
  }

  /** A page that goes elsewhere at this very moment is read where it goes. */
  async #html(session: CDPSession): Promise<string> {
    for (let tries = 3; ; tries--) {
      try {
        const html = await documentHtml(session, this.#outbound.OUTBOUND_MAX_BYTES);
        if (typeof html === 'string') return html;
        throw new RenderError(
          'too_large',
          `The page has grown to ${html} characters, which is over the limit`,
        );
      } catch (error) {
        if (error instanceof RenderError || tries === 1) throw error;
        await this.#quiet.wait(quietMs, this.#limits.settleMs);
      }
    }
  }

  #assertPage(): void {
    const refusal = this.#document && this.#refusal(this.#document.url());
    if (refusal && this.#document?.headers()['x-torale-outcome']) throw refusal;
    const type = this.#document?.headers()['content-type'] ?? 'text/html';
    if (!/html/i.test(type)) throw new NotAPageError(`a document of type ${type}`);
  }

  #refusal(url: string): OutboundError | undefined {
    return this.#failures.get(withoutBrackets(new URL(url).hostname));
  }

  /** What an error of `render` comes to. */
  failureOf(error: unknown, lease: BrowserLease): unknown {
    if (error instanceof TabCrash || /Target crashed|Page crashed/.test(String(error))) {
      return lease.isShortOfMemory()
        ? new RenderError(...tooMuchMemory)
        : new RenderError('unsupported', 'The page crashes the browser’s tab');
    }
    if (!(error instanceof Error)) return error;
    if (/Download is starting/.test(error.message)) return new NotAPageError('a file to download');

    const url = this.#navigation?.url() ?? this.#request.url;
    const refusal = this.#refusal(url);
    if (refusal) return new RenderError(refusal.outcome, refusal.message, { cause: error });
    return (
      navigationFailure(error, new URL(url).hostname) ??
      new RenderError('unsupported', `The page does not stay to be read: ${error.message.split('\n')[0]}`, {
        cause: error,
      })
    );
  }

  /** Whether the browser let go of it. */
  async close(): Promise<boolean> {
    const late = new Promise<false>((resolve) => setTimeout(resolve, closeTimeoutMs, false).unref());
    const closed = this.#context.close().then(
      () => true,
      () => false,
    );
    const [result] = await Promise.all([Promise.race([closed, late]), this.#closeProxy()]);
    return result;
  }
}

const withoutBrackets = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

class TabCrash extends Error {}
