import { Inject, Injectable, Logger } from '@nestjs/common';
import { EMBEDDER, type Embedder } from '@torale/ai';
import {
  AppError,
  CONTENT_PROCESSOR_API,
  defaultThresholds,
  extractionSchema,
  thresholdsSchema,
  type Block,
  type ChangeDetectorApi,
  type CompareRequest,
  type CompareResponse,
  type ContentProcessorApi,
  type DetectRequest,
  type DetectResponse,
  type ConditionStateRequest,
  type ConditionStateResponse,
  type JudgePage,
  type JudgeRequest,
  type JudgeResponse,
  type ReadRequest,
  type ReadResponse,
  type SimilarityRequest,
  type SimilarityResponse,
  type Thresholds,
  type VersionInput,
} from '@torale/contracts';
import { cosineOf } from '@torale/block-alignment';
import { DATABASE, type Database, type Transaction } from '@torale/database';
import {
  ChangeDetectorRepository,
  type DetectionCase,
  type EndedCheck,
  type JudgedContent,
  type LockedCase,
  type SourceNote,
} from './change-detector.repository.ts';
import { compareVersions } from './compare.ts';
import { explanationOf } from './explain/explain.ts';
import { conditionState } from './judge/condition-state.ts';
import { judge, type JudgeInput, type Judgement } from './judge/judge.ts';
import { secondsUntilNextCheck } from './judge/next-check.ts';
import type { Version } from './judge/sighting.ts';
import { LanguageModelJudge, type Attributed } from './language-model/language-model-judge.ts';
import { factOf, repeats, type Fact } from './memory/fact.ts';
import { ReportedFactsRepository, type ReportedFact } from './memory/reported-facts.repository.ts';
import { readSentence } from './sentence/read-sentence.ts';
import type { Reading } from './sentence/reading.ts';
import { readingFrom, storedReadingOf } from './sentence/stored-reading.ts';
import { SimilarBlocksRepository } from './similar-blocks.repository.ts';
import { changedBlocks, StoredVectors } from './stored-vectors.ts';

/** How often a judgement is made anew because what it rests on changed meanwhile. */
const attempts = 5;

/** A judgement with what recording it needs; made before the transaction. */
interface Case extends Attributed {
  reading: Reading;
  /** The content before was read under other settings of the source. */
  readAnew: boolean;
  /** What the alert would tell; null without an alert. */
  fact: Fact | null;
  /** What the query has told so far. */
  told: ReportedFact[];
  /** The fact among them that tells the same. */
  repeated: ReportedFact | null;
}

@Injectable()
export class ChangeDetectorService implements ChangeDetectorApi {
  private readonly logger = new Logger(ChangeDetectorService.name);

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(ChangeDetectorRepository) private readonly repository: ChangeDetectorRepository,
    @Inject(ReportedFactsRepository) private readonly memory: ReportedFactsRepository,
    @Inject(SimilarBlocksRepository) private readonly blocks: SimilarBlocksRepository,
    @Inject(LanguageModelJudge) private readonly languageModel: LanguageModelJudge,
    @Inject(CONTENT_PROCESSOR_API) private readonly contentProcessor: ContentProcessorApi,
    @Inject(EMBEDDER) private readonly embedder: Embedder,
  ) {}

  read({ raw_query, condition }: ReadRequest): Promise<ReadResponse> {
    return Promise.resolve({ reading: storedReadingOf(readSentence(raw_query, condition)) });
  }

  /** @throws AppError `not_found` for a content that is not there */
  async compare({ before, after }: CompareRequest): Promise<CompareResponse> {
    return compareVersions(await this.versionOf(before), await this.versionOf(after), this.embedder);
  }

  async similarity({ text, of, limit }: SimilarityRequest): Promise<SimilarityResponse> {
    const { model } = this.embedder;
    const [vector] = await this.embedder.embed([text]);
    return { model, blocks: await this.blocks.nearest(vector!, model, of, limit) };
  }

  /**
   * By rules alone, so that trying out costs nothing.
   * @throws AppError `invalid_request` for HTML without content, `service_unavailable` when nobody can read HTML
   */
  async judge(request: JudgeRequest): Promise<JudgeResponse> {
    const { raw_query, condition, thresholds } = request;
    const reading = readingFrom(request.reading, raw_query, condition);
    const judgement = atLeastAsSure(
      await judge(
        {
          reading,
          relevantFrom: thresholds?.relevance ?? defaultThresholds.relevance,
          notifyBehavior: request.notify_behavior,
          sourceUrl: request.url,
          before: request.before && (await this.versionOfPage(request.before, request.url)),
          after: await this.versionOfPage(request.after, request.url),
        },
        this.embedder,
      ),
      thresholds?.confidence ?? defaultThresholds.confidence,
    );
    const { verdict, reason, alert, examined } = judgement;
    return {
      reading: storedReadingOf(reading),
      verdict,
      reason,
      alert,
      explanation: explanationOf(examined, { judged_by: 'rules', note: null, repeats_alert_id: null }),
    };
  }

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
      const judged = await this.judgeCase(found, content_id);
      const response = await this.database.transaction((transaction) =>
        this.record(transaction, found, content_id, judged),
      );
      if (response) return response;
    }
    throw new AppError('conflict', 'The source kept changing while it was judged; check it again');
  }

  async conditionState({
    raw_query,
    condition,
    source_url,
    content,
  }: ConditionStateRequest): Promise<ConditionStateResponse> {
    const reading = readSentence(raw_query, condition);
    return {
      subject: reading.subject || null,
      condition: reading.condition && conditionState(reading.condition, reading, content, source_url),
    };
  }

  /** Reads and computes; no transaction is open meanwhile. */
  private async judgeCase(found: DetectionCase, contentId: string): Promise<Case> {
    const after = await this.repository.findContent(found.source_id, contentId);
    if (!after) throw new AppError('not_found', 'The source has no such content');
    const before =
      found.judged_content_id === null
        ? null
        : await this.repository.findContent(found.source_id, found.judged_content_id);
    const readAnew = before !== null && before.settings_version !== after.settings_version;
    const alerted =
      found.alerted_content_id === null
        ? null
        : await this.repository.findContent(found.source_id, found.alerted_content_id);
    const reading = readingFrom(found.reading, found.raw_query, found.condition);
    const thresholds = thresholdsOf(found);
    const input: JudgeInput & { relevantFrom: number } = {
      reading,
      relevantFrom: thresholds.relevance,
      lessons: await this.repository.lessonsOf(found.source_id),
      notifyBehavior: found.notify_behavior,
      ignoredText: ignoredTextOf(found),
      sourceUrl: found.source_url,
      before,
      after,
      // What was read in another way says nothing of how far a value has crept.
      alerted: alerted?.settings_version === after.settings_version ? alerted : null,
      readAnew,
    };
    const byRules = await this.judgeByRules(input, found.source_id, before, after);
    const attributed: Attributed =
      before && !readAnew
        ? await this.languageModel.review(byRules, found, { ...input, before })
        : { judgement: byRules, judged_by: 'rules', note: null };
    const judgement = atLeastAsSure(attributed.judgement, thresholds.confidence);
    const fact = judgement.alert && factOf(reading.condition, judgement.alert, judgement.examined);
    const told = fact ? await this.memory.factsOf(found.user_query_id) : [];
    const repeated = fact && (await this.findRepeated(fact, told, found.source_id));
    return { ...attributed, judgement, reading, readAnew, fact, told, repeated };
  }

  private async judgeByRules(
    input: JudgeInput,
    sourceId: string,
    before: JudgedContent | null,
    after: JudgedContent,
  ): Promise<Judgement> {
    try {
      const embedder = await this.embedderFor(sourceId, before?.blocks ?? [], after.blocks);
      return await this.judgeWithHistory(input, sourceId, before, embedder);
    } catch (error) {
      // Of all that judging does only an embedder elsewhere fails like this.
      if (!(error instanceof AppError)) throw error;
      this.logger.warn({ err: error }, `Judging by words alone: ${error.message}`);
      return this.judgeWithHistory(input, sourceId, before, null);
    }
  }

  /** What would alert is judged again by what the checks before teach; what is silent needs no history. */
  private async judgeWithHistory(
    input: JudgeInput,
    sourceId: string,
    before: JudgedContent | null,
    embedder: Embedder | null,
  ): Promise<Judgement> {
    const judgement = await judge(input, embedder);
    if (!before || judgement.examined.basis !== 'relevance' || judgement.verdict !== 'alert') {
      return judgement;
    }
    // The newest of them is what is compared with.
    const [, ...older] = await this.repository.historyOf(sourceId, before.settings_version);
    return judge({ ...input, history: [before.blocks, ...older] }, embedder);
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

  private async findRepeated(
    fact: Fact,
    told: readonly ReportedFact[],
    sourceId: string,
  ): Promise<ReportedFact | null> {
    if (told.length === 0) return null;
    const likeness = await this.likenessOf(
      fact.text,
      told.map(({ text }) => text),
    );
    return (
      told.find((other, index) => repeats(fact, other, other.source_id === sourceId, likeness[index]!)) ??
      null
    );
  }

  /** The cosine of a text with each of the others; 0 when the embedder is elsewhere and out of reach. */
  private async likenessOf(text: string, others: readonly string[]): Promise<number[]> {
    try {
      const [vector, ...vectors] = await this.embedder.embed([text, ...others]);
      return vectors.map((other) => cosineOf(vector!, other));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.logger.warn({ err: error }, `Comparing with what was told by words alone: ${error.message}`);
      return others.map(() => 0);
    }
  }

  /** Null when the judgement rests on something that has changed since. */
  private async record(
    transaction: Transaction,
    found: DetectionCase,
    contentId: string,
    { judgement, judged_by, note, reading, readAnew, fact, told, repeated }: Case,
  ): Promise<DetectResponse | null> {
    const locked = await this.repository.lockCase(transaction, found);
    if (!locked) throw new AppError('not_found', 'The check was deleted while it ran');
    const ended = await this.repository.findEnded(found.check_id, transaction);
    if (ended) return responseOf(ended);
    if (!isSameCase(found, locked)) return null;
    if (fact && !sameFacts(told, await this.memory.factsOf(locked.user_query_id, transaction))) return null;

    const explanation = explanationOf(judgement.examined, {
      judged_by,
      note,
      repeats_alert_id: repeated?.alert_id ?? null,
    });
    if (!locked.reading) {
      await this.repository.keepReading(transaction, locked.user_query_id, storedReadingOf(reading));
    }
    const { verdict, reason, alert } = judgement;
    const left: SourceNote = {
      judgedContentId: contentId,
      alertedContentId:
        alert || readAnew ? contentId : (locked.alerted_content_id ?? locked.judged_content_id ?? contentId),
      nextCheckSeconds: secondsUntilNextCheck(
        verdict,
        judgement.examined.changes.flatMap(({ change, noise }) =>
          noise === null && change.after ? [change.after.text] : [],
        ),
        locked.check_interval_seconds,
        new Date().toISOString(),
      ),
    };
    if (alert && repeated) {
      const { source_id, source_url: url, check_id } = locked;
      const source = { source_id, url, check_id, seen_at: new Date().toISOString() };
      await this.memory.addSource(transaction, repeated.alert_id, source, alert.evidence);
      const again = { verdict: 'changed', reason: `Already told, and now seen here too. ${reason}` } as const;
      await this.repository.finishCheck(transaction, locked, contentId, again, explanation);
      await this.repository.noteOnSource(transaction, locked.source_id, left);
      return { ...again, alert_id: null, severity: null };
    }
    if (alert && locked.query_status !== 'active') {
      // The baseline stays, so that the change is told once the query is active again.
      const withheld = {
        verdict: 'changed',
        reason: `No alert, because the query is ${locked.query_status}. ${reason}`,
      } as const;
      await this.repository.finishCheck(transaction, locked, contentId, withheld, explanation);
      await this.repository.noteOnSource(transaction, locked.source_id, {
        judgedContentId: locked.judged_content_id,
        nextCheckSeconds: null,
      });
      return { ...withheld, alert_id: null, severity: null };
    }
    await this.repository.finishCheck(transaction, locked, contentId, judgement, explanation);
    await this.repository.noteOnSource(transaction, locked.source_id, left);
    if (!alert) return { verdict, reason, alert_id: null, severity: null };

    const alertId = await this.repository.insertAlert(transaction, locked, alert, reason);
    const { user_id, user_query_id, source_id } = locked;
    await this.memory.insert(transaction, { user_id, user_query_id, source_id, alert_id: alertId }, fact!);
    if (locked.notify_behavior === 'once')
      await this.repository.completeQuery(transaction, locked.user_query_id);
    return { verdict, reason, alert_id: alertId, severity: alert.severity };
  }

  private async versionOfPage(page: JudgePage, url: string): Promise<Version> {
    if (!('html' in page)) return versionOfBlocks(page);
    const { html, fetched_at } = page;
    return versionOfBlocks({ ...(await this.contentProcessor.extract({ html, url })), fetched_at });
  }

  private async versionOf(input: VersionInput): Promise<Version> {
    if (!('content_id' in input)) return versionOfBlocks(input);
    const content = await this.repository.findAnyContent(input.content_id);
    if (!content) throw new AppError('not_found', 'There is no such content');
    return content;
  }
}

/** A rule that is no rule ignores nothing: rather one alert too many than one too few. */
const ignoredTextOf = ({ extraction }: DetectionCase): readonly string[] =>
  extractionSchema.safeParse(extraction).data?.ignore_text ?? [];

const versionOfBlocks = ({ blocks, title, fetched_at }: Exclude<JudgePage, { html: string }>): Version => ({
  blocks,
  title,
  fetched_at: fetched_at ?? new Date().toISOString(),
});

/** What the source says goes before what its query says, and that before the default. */
function thresholdsOf({ source_thresholds, query_thresholds }: DetectionCase) {
  // What was written past the API counts as not said.
  const [ofSource, ofQuery] = [source_thresholds, query_thresholds].map(
    (stored) => thresholdsSchema.safeParse(stored).data,
  );
  const pick = (name: keyof Thresholds) => ofSource?.[name] ?? ofQuery?.[name] ?? defaultThresholds[name];
  return { relevance: pick('relevance'), confidence: pick('confidence') };
}

/** An alert that is less sure than asked for is recorded and not told. */
function atLeastAsSure(judgement: Judgement, confidence: number): Judgement {
  const { alert, reason, examined } = judgement;
  if (!alert || alert.confidence >= confidence) return judgement;
  return {
    verdict: 'changed',
    reason: `No alert, because its confidence of ${alert.confidence} is below the ${confidence} asked for. ${reason}`,
    alert: null,
    examined,
  };
}

const sameFacts = (told: readonly ReportedFact[], now: readonly ReportedFact[]): boolean =>
  told.length === now.length && told.every(({ id }, index) => id === now[index]!.id);

const isSameCase = (found: DetectionCase, locked: LockedCase): boolean =>
  found.judged_content_id === locked.judged_content_id &&
  found.raw_query === locked.raw_query &&
  found.condition === locked.condition &&
  JSON.stringify(found.reading) === JSON.stringify(locked.reading) &&
  found.notify_behavior === locked.notify_behavior;

function responseOf({ verdict, reason, alert_id, severity }: EndedCheck): DetectResponse {
  if (verdict === null) throw new AppError('conflict', reason ?? 'The check ended without a verdict');
  return { verdict, reason: reason ?? '', alert_id, severity };
}
