import { Inject, Injectable } from '@nestjs/common';
import {
  CHANGE_DETECTOR_API,
  type ChangeDetectorApi,
  CONTENT_PROCESSOR_API,
  type ContentProcessorApi,
  type DiscoveredSource,
  DISCOVERY_API,
  type DiscoveryApi,
  type PreviewRequest,
  type PreviewResponse,
  type SourcePreview,
} from '@torale/contracts';
import { OUTBOUND_HTTP, type OutboundHttp } from '@torale/outbound-http';
import { assertFetchable } from '../fetchable-url.ts';

const mostSources = 3;
const mostBlocks = 300;

/** What a sentence would lead to, before it is filed. Stores nothing. */
@Injectable()
export class PreviewService {
  constructor(
    @Inject(OUTBOUND_HTTP) private readonly outbound: OutboundHttp,
    @Inject(DISCOVERY_API) private readonly discovery: DiscoveryApi,
    @Inject(CONTENT_PROCESSOR_API) private readonly contentProcessor: ContentProcessorApi,
    @Inject(CHANGE_DETECTOR_API) private readonly changeDetector: ChangeDetectorApi,
  ) {}

  async preview({ url, raw_query, condition }: PreviewRequest): Promise<PreviewResponse> {
    await assertFetchable(this.outbound, url);
    const sentence = raw_query?.includes(url)
      ? raw_query
      : `${raw_query ?? 'Tell me what changes at'} ${url}`;
    const discovered = await this.discovery.discover({ raw_query: sentence, condition: condition ?? null });
    const sources = discovered.sources.slice(0, mostSources);
    return {
      refined_query: discovered.refined_query,
      condition: discovered.condition,
      sources: await Promise.all(
        sources.map((source) => this.previewSource(source, sentence, discovered.condition)),
      ),
    };
  }

  private async previewSource(
    source: DiscoveredSource,
    raw_query: string,
    condition: string | null,
  ): Promise<SourcePreview> {
    const { blocks, ...seen } = await this.contentProcessor.scrape({ url: source.url });
    const judged =
      seen.outcome === 'ok'
        ? await this.changeDetector.conditionState({
            raw_query,
            condition,
            source_url: source.url,
            content: { title: seen.title, blocks, fetched_at: seen.fetched_at },
          })
        : null;
    return {
      source,
      content: { ...seen, block_count: blocks.length, blocks: blocks.slice(0, mostBlocks) },
      condition: judged && judged.condition,
    };
  }
}
