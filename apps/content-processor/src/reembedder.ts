import { Inject, Injectable } from '@nestjs/common';
import { BlockEmbedder } from './block-embedder.ts';
import { StoredContentsRepository } from './contents/stored-contents.repository.ts';
import { ContentsRepository } from './contents.repository.ts';

/** Gives stored contents the vectors of the embedder that is configured now; those of others stay beside them. */
@Injectable()
export class Reembedder {
  constructor(
    @Inject(StoredContentsRepository) private readonly stored: StoredContentsRepository,
    @Inject(ContentsRepository) private readonly contents: ContentsRepository,
    @Inject(BlockEmbedder) private readonly embedder: BlockEmbedder,
  ) {}

  /** Resolves with how many blocks got a vector; none for a source that is gone. */
  async reembed(sourceId: string): Promise<number> {
    let embedded = 0;
    for (const { id, user_id, blocks } of await this.stored.standingOf(sourceId)) {
      const embeddings = await this.embedder.embedMissing(sourceId, blocks);
      await this.contents.addEmbeddings({ id: sourceId, user_id }, id, embeddings);
      embedded += embeddings.length;
    }
    return embedded;
  }
}
