import { Inject, Injectable } from '@nestjs/common';
import type { FetchOutcome } from '@torale/contracts';
import { OUTBOUND_HTTP, OutboundError, type OutboundHttp } from '@torale/outbound-http';
import { timeFor } from '../time-left.ts';
import { readPage, type ReadPage } from './read-page.ts';

export type Inspection =
  | { outcome: 'ok'; /** After redirects. */ url: string; page: ReadPage }
  | { outcome: Exclude<FetchOutcome, 'ok'>; detail: string };

const fetchTimeoutMs = 8_000;
/** Enough for every head; how large a page may be is for the check to say. */
const maxBytes = 5_000_000;
/** Of an address that can be stored, characters. */
const maxUrlLength = 2048;

/** Looks at an address: is it there, what is it called, which feeds does it declare. */
@Injectable()
export class PageInspector {
  constructor(@Inject(OUTBOUND_HTTP) private readonly outbound: OutboundHttp) {}

  /** @param deadline milliseconds since the epoch */
  async inspect(url: string, deadline: number): Promise<Inspection> {
    if (url.length > maxUrlLength) {
      return { outcome: 'unsupported', detail: `it is longer than ${maxUrlLength} characters` };
    }
    try {
      const response = await this.outbound.fetch({
        url,
        timeout_ms: timeFor(fetchTimeoutMs, deadline),
        max_bytes: maxBytes,
      });
      if (response.status < 200 || response.status > 299) {
        return { outcome: outcomeOf(response.status), detail: `it answers HTTP ${response.status}` };
      }
      const contentType = response.headers['content-type'] ?? '';
      return { outcome: 'ok', url: response.url, page: readPage(response.body, contentType, response.url) };
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      return { outcome: error.outcome, detail: error.message };
    }
  }
}

function outcomeOf(status: number): Exclude<FetchOutcome, 'ok'> {
  if (status === 404 || status === 410) return 'not_found';
  if (status === 401) return 'login_required';
  if (status === 403 || status === 429) return 'blocked';
  return status >= 500 ? 'server_error' : 'client_error';
}
