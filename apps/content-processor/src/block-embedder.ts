import { Inject, Injectable, Logger } from '@nestjs/common';
import { EMBEDDER, type Embedder } from '@torale/ai';
import type { Block, ConfigOf } from '@torale/contracts';
import { contentProcessorConfig } from './content-processor.config.ts';
import { type BlockEmbedding, ContentsRepository } from './contents.repository.ts';

const batchSize = 64;
/** Further text hardly moves a vector. */
const maxEmbeddedLength = 2000;

/** Vectors for the blocks of a source that have none yet. */
@Injectable()
export class BlockEmbedder {
  readonly #logger = new Logger(BlockEmbedder.name);

  constructor(
    @Inject(EMBEDDER) private readonly embedder: Embedder,
    @Inject(ContentsRepository) private readonly contents: ContentsRepository,
    @Inject(contentProcessorConfig.token) private readonly config: ConfigOf<typeof contentProcessorConfig>,
  ) {}

  /**
   * The first new blocks, up to CONTENT_MAX_EMBEDDED_BLOCKS. Without a working embedder none: vectors help to judge
   * a change, and a change is worth more than its vector.
   */
  async embedNew(sourceId: string, blocks: readonly Block[]): Promise<BlockEmbedding[]> {
    const { model } = this.embedder;
    const texts = new Map(blocks.map((block) => [block.hash, block.text.slice(0, maxEmbeddedLength)]));
    const known = await this.contents.embeddedHashes(sourceId, model, [...texts.keys()]);
    const missing = [...texts]
      .filter(([hash]) => !known.has(hash))
      .slice(0, this.config.CONTENT_MAX_EMBEDDED_BLOCKS);

    const embeddings: BlockEmbedding[] = [];
    try {
      for (let start = 0; start < missing.length; start += batchSize) {
        const batch = missing.slice(start, start + batchSize);
        const vectors = await this.embedder.embed(batch.map(([, text]) => text));
        for (const [i, [block_hash]] of batch.entries()) {
          embeddings.push({ block_hash, model, embedding: vectors[i]! });
        }
      }
    } catch (error) {
      this.#logger.error(error, `The embedder ${model} failed; storing without ${missing.length} vectors`);
      return [];
    }
    return embeddings;
  }
}
