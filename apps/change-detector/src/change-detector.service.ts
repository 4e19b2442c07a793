import { Inject, Injectable, Logger } from '@nestjs/common';
import { EMBEDDER, type Embedder } from '@torale/ai';
import {
  AppError,
  extractionSchema,
  jobs,
  type Block,
  type ChangeDetectorApi,
  type DetectRequest,
  type DetectResponse,
  type JudgeRequest,
  type JudgeResponse,
} from '@torale/contracts';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import { JOB_QUEUE, type JobQueue } from '@torale/job-engine';
import {
  ChangeDetectorRepository,
  type DetectionCase,
  type EndedCheck,
  type LockedCase,
} from './change-detector.repository.ts';
import { conditionState } from './judge/condition-state.ts';
import { judge, type Judgement } from './judge/judge.ts';
import { readSentence } from './sentence/read-sentence.ts';
import { changedBlocks, StoredVectors } from './stored-vectors.ts';

/** How often a judgement is made anew because what it rests on changed meanwhile. */
const attempts = 5;

@Injectable()
export class ChangeDetectorService implements ChangeDetectorApi {
  private readonly logger = new Logger(ChangeDetectorService.name);

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(ChangeDetectorRepository) private readonly repository: ChangeDetectorRepository,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(EMBEDDER) private readonly embedder: Embedder,
  ) {}

  /**
   * Judges a check's content and records the verdict, once; asked again, gives the recorded one.
   * @throws AppError `not_found` for a check or content that is not there, `conflict` when the check ended without
   * a verdict or its source keeps changing under it
   */
  async detect({ check_id, content_id }: DetectRequest): Promise<DetectResponse> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const ended = await this.repository.findEnded(check_id);
      if (ended) return responseOf(ended);
      const found = await this.repository.findCase(check_id);
      if (!found) throw new AppError('not_found', 'There is no such check');
      const judgement = await this.judgementOf(found, content_id);
      const response = await this.database.transaction((transaction) =>
        this.record(transaction, found, content_id, judgement),
      );
      if (response) return response;
    }
    throw new AppError('conflict', 'The source kept changing while it was judged; check it again');
  }

  async judge({ raw_query, condition, source_url, content }: JudgeRequest): Promise<JudgeResponse> {
    const reading = readSentence(raw_query, condition);
    return {
      subject: reading.subject || null,
      condition: reading.condition && conditionState(reading.condition, reading, content, source_url),
    };
  }

  /** Reads and computes; no transaction is open meanwhile. */
  private async judgementOf(found: DetectionCase, contentId: string): Promise<Judgement> {
    const after = await this.repository.findContent(found.source_id, contentId);
    if (!after) throw new AppError('not_found', 'The source has no such content');
    const before =
      found.judged_content_id === null
        ? null
        : await this.repository.findContent(found.source_id, found.judged_content_id);
    const input = {
      reading: readSentence(found.raw_query, found.condition),
      notifyBehavior: found.notify_behavior,
      ignoredText: ignoredTextOf(found),
      sourceUrl: found.source_url,
      before,
      after,
      readAnew: before !== null && before.settings_version !== after.settings_version,
    };
    try {
      return await judge(input, await this.embedderFor(found.source_id, before?.blocks ?? [], after.blocks));
    } catch (error) {
      // Of all that judging does only an embedder elsewhere fails like this.
      if (!(error instanceof AppError)) throw error;
      this.logger.warn({ err: error }, `Judging by words alone: ${error.message}`);
      return judge(input, null);
    }
  }

  /** The embedder, with the vectors at hand that content-processor stored. */
  private async embedderFor(
    sourceId: string,
    before: readonly Block[],
    after: readonly Block[],
  ): Promise<Embedder> {
    const changed = changedBlocks(before, after);
    if (before.length === 0 || changed.length === 0) return this.embedder;
    const hashes = changed.map(({ hash }) => hash);
    const stored = await this.repository.findVectors(sourceId, this.embedder.model, hashes);
    return new StoredVectors(this.embedder, changed, stored);
  }

  /** Null when the judgement rests on something that has changed since. */
  private async record(
    transaction: Transaction,
    found: DetectionCase,
    contentId: string,
    judgement: Judgement,
  ): Promise<DetectResponse | null> {
    const locked = await this.repository.lockCase(transaction, found);
    if (!locked) throw new AppError('not_found', 'The check was deleted while it ran');
    const ended = await this.repository.findEnded(found.check_id, transaction);
    if (ended) return responseOf(ended);
    if (!isSameCase(found, locked)) return null;

    if (judgement.alert && locked.query_status !== 'active') {
      // The baseline stays, so that the change is told once the query is active again.
      const withheld = {
        verdict: 'changed',
        reason: `No alert, because the query is ${locked.query_status}. ${judgement.reason}`,
      } as const;
      await this.repository.finishCheck(transaction, locked, contentId, withheld);
      await this.repository.noteOnSource(transaction, locked.source_id, locked.judged_content_id);
      return { ...withheld, alert_id: null, severity: null };
    }
    await this.repository.finishCheck(transaction, locked, contentId, judgement);
    await this.repository.noteOnSource(transaction, locked.source_id, contentId);
    const { verdict, reason, alert } = judgement;
    if (!alert) return { verdict, reason, alert_id: null, severity: null };

    const alertId = await this.repository.insertAlert(transaction, locked, alert);
    await this.queue.enqueue(transaction, jobs.notifyAlert, [{ alert_id: alertId }]);
    if (locked.notify_behavior === 'once')
      await this.repository.completeQuery(transaction, locked.user_query_id);
    return { verdict, reason, alert_id: alertId, severity: alert.severity };
  }
}

/** A rule that is no rule ignores nothing: rather one alert too many than one too few. */
const ignoredTextOf = ({ extraction }: DetectionCase): readonly string[] =>
  extractionSchema.safeParse(extraction).data?.ignore_text ?? [];

const isSameCase = (found: DetectionCase, locked: LockedCase): boolean =>
  found.judged_content_id === locked.judged_content_id &&
  found.raw_query === locked.raw_query &&
  found.condition === locked.condition &&
  found.notify_behavior === locked.notify_behavior;

function responseOf({ verdict, reason, alert_id, severity }: EndedCheck): DetectResponse {
  if (verdict === null) throw new AppError('conflict', reason ?? 'The check ended without a verdict');
  return { verdict, reason: reason ?? '', alert_id, severity };
}
