import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  CHANGE_DETECTOR_API,
  CONTENT_PROCESSOR_API,
  type jobs,
  type ChangeDetectorApi,
  type CheckStepName,
  type ContentProcessorApi,
  type JobPayload,
} from '@torale/contracts';
import { checksTotal } from '../worker.metrics.ts';
import { ChecksRepository, type StartedCheck } from './checks.repository.ts';
import { withAdvice } from './owner-advice.ts';
import { SourceHealthRepository } from './source-health.repository.ts';

/** Runs one check: content, then verdict. May run again after a crash at any point. */
@Injectable()
export class CheckRunner {
  private readonly logger = new Logger(CheckRunner.name);

  constructor(
    @Inject(ChecksRepository) private readonly checks: ChecksRepository,
    @Inject(SourceHealthRepository) private readonly sourceHealth: SourceHealthRepository,
    @Inject(CONTENT_PROCESSOR_API) private readonly contentProcessor: ContentProcessorApi,
    @Inject(CHANGE_DETECTOR_API) private readonly changeDetector: ChangeDetectorApi,
  ) {}

  async run({ check_id, source_id }: JobPayload<typeof jobs.runCheck>): Promise<void> {
    const check = await this.checks.start(check_id);
    if (check) await this.check(check);
    else await this.checks.requestAgain(check_id);
    // Also when the check had ended already: then it may have been a crash that brought it here again.
    await this.sourceHealth.review(source_id);
  }

  private async check(check: StartedCheck): Promise<void> {
    const obstacle = whyNotToCheck(check);
    if (obstacle) {
      await this.checks.cancel(check.id, obstacle);
      checksTotal.inc({ outcome: 'none', verdict: 'cancelled' });
      return;
    }

    const { source_id, has_queued } = check;
    const processed = await this.noting(
      check,
      'read',
      this.contentProcessor.process({ source_id, has_queued }),
    );
    if (processed.outcome === 'deferred') {
      await this.checks.defer(check.id, processed.retry_at, processed.detail);
      checksTotal.inc({ outcome: 'deferred', verdict: 'none' });
      return;
    }
    if (processed.content_id === null) {
      const detail = processed.detail ?? `The page could not be read: ${processed.outcome}.`;
      const { outcome } = processed;
      await this.checks.finishUnreadable(check.id, outcome, withAdvice(outcome, detail));
      checksTotal.inc({ outcome, verdict: 'none' });
      return;
    }
    // Compared with what was judged, not with what was stored: content that was stored just before a crash is
    // `not_modified` at the next fetch and still has to be judged.
    if (processed.content_id === check.judged_content_id) {
      await this.checks.finishUnchanged(check.id, processed.outcome, processed.content_id);
      checksTotal.inc({ outcome: processed.outcome, verdict: 'unchanged' });
      return;
    }
    const { content_id } = processed;
    const { verdict } = await this.noting(
      check,
      'judge',
      this.changeDetector.detect({ check_id: check.id, content_id }),
    );
    checksTotal.inc({ outcome: processed.outcome, verdict });
  }

  /** What fails is noted on the check, before the job engine decides what becomes of it. */
  private async noting<T>(check: StartedCheck, step: CheckStepName, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      await this.checks.noteFailure(check.id, step, messageOf(error)).catch((unnoted: unknown) => {
        this.logger.warn({ err: unnoted, check_id: check.id }, 'A failed attempt could not be noted');
      });
      throw error;
    }
  }

  async abandon({ check_id }: JobPayload<typeof jobs.runCheck>, error: unknown): Promise<void> {
    this.logger.error({ err: error, check_id }, 'A check was given up');
    await this.checks.finishAbandoned(check_id, `Torale could not run this check: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function whyNotToCheck(check: StartedCheck): string | null {
  if (check.query_status !== 'active') return `The user query is ${check.query_status}.`;
  if (check.source_status !== 'active') return 'The source is paused.';
  return null;
}
