import { Inject, Injectable } from '@nestjs/common';
import { EMBEDDER, type Embedder } from '@torale/ai';
import type { ConfigOf, HousekeepingResult } from '@torale/contracts';
import { contentProcessorConfig } from '../content-processor.config.ts';
import { Snapshots } from '../snapshots/snapshots.ts';
import { RetentionRepository } from './retention.repository.ts';

/** Less than the deadline of the call, milliseconds; what is left over is done the next time. */
const timeMs = 45_000;
const sourcesAtOnce = 200;
const mostSourcesToReembed = 1_000;

/** Deletes what is past keeping, and says what lacks vectors. */
@Injectable()
export class Housekeeping {
  /** Where the last run ended, when it ran out of time. */
  #resumeAfter: string | null = null;

  constructor(
    @Inject(RetentionRepository) private readonly repository: RetentionRepository,
    @Inject(Snapshots) private readonly snapshots: Snapshots,
    @Inject(EMBEDDER) private readonly embedder: Embedder,
    @Inject(contentProcessorConfig.token) private readonly config: ConfigOf<typeof contentProcessorConfig>,
  ) {}

  async run(): Promise<HousekeepingResult> {
    const signal = AbortSignal.timeout(timeMs);
    return {
      deleted_contents: await this.#deleteExpired(signal),
      deleted_snapshots: await this.snapshots.sweep(signal),
      sources_to_reembed:
        this.config.CONTENT_MAX_EMBEDDED_BLOCKS === 0
          ? []
          : await this.repository.sourcesWithoutVectors(this.embedder.model, mostSourcesToReembed),
    };
  }

  async #deleteExpired(signal: AbortSignal): Promise<number> {
    const defaults = {
      contents: this.config.RETENTION_CONTENTS,
      days: this.config.RETENTION_DAYS,
    };
    let deleted = 0;
    while (!signal.aborted) {
      const sources = await this.repository.sourcesAfter(this.#resumeAfter, sourcesAtOnce);
      deleted += await this.repository.deleteExpired(sources, defaults);
      this.#resumeAfter = sources.length < sourcesAtOnce ? null : sources.at(-1)!;
      if (this.#resumeAfter === null) break;
    }
    return deleted;
  }
}
