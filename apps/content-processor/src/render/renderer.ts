import type { FetchOutcome, RenderAction } from '@torale/contracts';

export interface RenderRequest {
  url: string;
  /** For the origin of `url` only; those that the browser sends itself are overwritten. */
  headers?: Record<string, string>;
  /** For the host of `url` only. */
  cookies?: Record<string, string> | undefined;
  user_agent?: string | undefined;
  /** As OutboundRequest.proxy. */
  proxy?: string | undefined;
  /** In this order, once the page has settled. */
  actions?: readonly RenderAction[];
  screenshot?: boolean;
  signal?: AbortSignal | undefined;
}

export interface RenderedPage {
  /** That of the document which was shown in the end. */
  status: number;
  /** Where the page was in the end. */
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** The document as scripts left it, with what open shadow roots show. */
  html: string;
  /** PNG of the top of the page. */
  screenshot?: Buffer;
}

/** Why a page was not rendered. The message is for people. */
export class RenderError extends Error {
  readonly outcome: FetchOutcome;
  constructor(
    outcome: Exclude<FetchOutcome, 'ok' | 'not_modified'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RenderError';
    this.outcome = outcome;
  }
}

/** The address leads to something that is read without a browser: a download, JSON, a feed, a PDF. */
export class NotAPageError extends RenderError {
  constructor(what: string) {
    super('unsupported', `The address leads to ${what}, not to a page that a browser shows`);
  }
}

/** There is no browser, or it does not start: nothing that the page could help. */
export class NoBrowserError extends RenderError {
  constructor(message: string, options?: ErrorOptions) {
    super('unsupported', message, options);
  }
}

/** Shows pages in a browser. */
export interface Renderer {
  /**
   * Rejects with RenderError, or with AppError `service_unavailable` when every tab is taken for too long. Ends within
   * RENDER_TIMEOUT_MS of having got a tab, whatever the page does.
   */
  render(request: RenderRequest): Promise<RenderedPage>;
}
export const RENDERER = Symbol.for('torale.Renderer');
