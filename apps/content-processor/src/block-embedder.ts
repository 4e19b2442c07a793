import { Inject, Injectable, Logger } from '@nestjs/common';
import { EMBEDDER, type Embedder } from '@torale/ai';
import type { Block, ConfigOf } from '@torale/contracts';
import { contentProcessorConfig } from './content-processor.config.ts';
import { type BlockEmbedding, ContentsRepository } from './contents.repository.ts';

/** Further text hardly moves a vector. */
const maxEmbeddedLength = 2000;

/** Vectors for the blocks of a source that have none yet. */
@Injectable()
export class BlockEmbedder {
  readonly #logger = new Logger(BlockEmbedder.name);
  #indexed: Promise<void> | undefined;

  constructor(
    @Inject(EMBEDDER) private readonly embedder: Embedder,
    @Inject(ContentsRepository) private readonly contents: ContentsRepository,
    @Inject(contentProcessorConfig.token) private readonly config: ConfigOf<typeof contentProcessorConfig>,
  ) {}

  /** The first new blocks, up to CONTENT_MAX_EMBEDDED_BLOCKS. Rejects with what the embedder rejects with. */
  async embedMissing(sourceId: string, blocks: readonly Block[]): Promise<BlockEmbedding[]> {
    const { model } = this.embedder;
    const texts = new Map(blocks.map((block) => [block.hash, block.text.slice(0, maxEmbeddedLength)]));
    const known = await this.contents.embeddedHashes(sourceId, model, [...texts.keys()]);
    const missing = [...texts]
      .filter(([hash]) => !known.has(hash))
      .slice(0, this.config.CONTENT_MAX_EMBEDDED_BLOCKS);
    if (missing.length === 0) return [];
    const vectors = await this.embedder.embed(missing.map(([, text]) => text));
    await this.#ensureIndex();
    return missing.map(([block_hash], i) => ({ block_hash, model, embedding: vectors[i]! }));
  }

  /**
   * The same, but none without a working embedder: vectors help to judge a change, and a change is worth more than
   * its vector.
   */
  async tryEmbedMissing(sourceId: string, blocks: readonly Block[]): Promise<BlockEmbedding[]> {
    try {
      return await this.embedMissing(sourceId, blocks);
    } catch (error) {
      this.#logger.error(error, `The embedder ${this.embedder.model} failed; storing without new vectors`);
      return [];
    }
  }

  /** Before the first vector of a model is stored; tried again with the next vectors when it fails. */
  #ensureIndex(): Promise<void> {
    const { model, dimensions } = this.embedder;
    this.#indexed ??= this.contents.ensureEmbeddingIndex(model, dimensions).catch((error: unknown) => {
      this.#indexed = undefined;
      throw error;
    });
    return this.#indexed;
  }
}
