import { loadConfig } from '@torale/service-host';
import { outboundHttpConfig } from '@torale/outbound-http';
import { FakeSite, type FakeSiteResponse } from '@torale/testing';
import { contentProcessorConfig } from '../src/content-processor.config.ts';
import { BrowserRenderer } from '../src/render/browser-renderer.ts';
import { processTree } from '../src/render/process-tree.ts';
import type { RenderedPage, RenderRequest } from '../src/render/renderer.ts';
import { WarmBrowser } from '../src/render/warm-browser.ts';

/** A renderer with a real browser, and a site on the one address that it may reach. */
export class RendererFixture {
  private constructor(
    readonly renderer: BrowserRenderer,
    readonly browser: WarmBrowser,
    readonly site: FakeSite,
  ) {}

  static async start(environment: NodeJS.ProcessEnv = {}): Promise<RendererFixture> {
    const config = loadConfig([contentProcessorConfig, outboundHttpConfig], {
      OUTBOUND_ALLOW_CIDRS: '127.0.0.1',
      ...environment,
    });
    const settings = config.of(contentProcessorConfig);
    const browser = new WarmBrowser(settings);
    const renderer = new BrowserRenderer(browser, settings, config.of(outboundHttpConfig));
    return new RendererFixture(renderer, browser, await FakeSite.start());
  }

  /** Serves a page at `path`, and renders it. */
  async show(path: string, body: string, request: Partial<RenderRequest> = {}): Promise<RenderedPage> {
    this.site.set(path, html(body));
    return this.renderer.render({ url: this.site.url + path, ...request });
  }

  /** Megabytes: of this process, and of the browser with all its own. */
  memory(): { node: number; browser: number } {
    const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
    const uses = this.browser.pids.flatMap(processTree);
    return {
      node: megabytes(process.memoryUsage.rss()),
      browser: megabytes(uses.reduce((sum, { memory }) => sum + memory, 0)),
    };
  }

  async close(): Promise<void> {
    await this.browser.onModuleDestroy();
    await this.site.close();
  }
}

export const html = (body: string): FakeSiteResponse => ({
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!DOCTYPE html><html><head><title>Test</title></head><body>${body}</body></html>`,
});
