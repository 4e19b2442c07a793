import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { CHANGE_DETECTOR_API } from '@torale/contracts';
import { DATABASE, type Database } from '@torale/database';
import { ReadinessRegistry } from '@torale/service-host';
import { ChangeDetectorController } from './change-detector.controller.ts';
import { ChangeDetectorRepository } from './change-detector.repository.ts';
import { ChangeDetectorService } from './change-detector.service.ts';
import { LanguageModelJudge } from './language-model/language-model-judge.ts';
import { LanguageModelRepository } from './language-model/language-model.repository.ts';
import { ReportedFactsRepository } from './memory/reported-facts.repository.ts';
import { SimilarBlocksRepository } from './similar-blocks.repository.ts';

/** Two contents and a sentence → verdict. Needs DATABASE, EMBEDDER, LANGUAGE_MODEL, CONTENT_PROCESSOR_API and the slice `changeDetectorConfig`. */
@Module({
  providers: [
    ChangeDetectorRepository,
    LanguageModelJudge,
    LanguageModelRepository,
    ReportedFactsRepository,
    SimilarBlocksRepository,
    ChangeDetectorService,
    { provide: CHANGE_DETECTOR_API, useExisting: ChangeDetectorService },
  ],
  exports: [CHANGE_DETECTOR_API],
})
export class ChangeDetectorModule implements OnModuleInit {
  constructor(
    @Inject(ReadinessRegistry) private readonly readiness: ReadinessRegistry,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.readiness.add('database', () => this.database.ping());
  }
}

/** The same over HTTP, for a process of its own. Needs the service token's config slice too. */
@Module({ imports: [ChangeDetectorModule], controllers: [ChangeDetectorController] })
export class ChangeDetectorHttpModule {}
