import { Inject, Injectable, Logger } from '@nestjs/common';
import { LANGUAGE_MODEL, type LanguageModel } from '@torale/ai';
import { AppError } from '@torale/contracts';
import { changeDetectorConfig, type ChangeDetectorConfig } from '../change-detector.config.ts';
import type { JudgeInput, Judgement } from '../judge/judge.ts';
import type { Version } from '../judge/sighting.ts';
import { addressesJudge } from './addresses-judge.ts';
import { openChanges, withAnswer } from './bounds.ts';
import { LanguageModelRepository } from './language-model.repository.ts';
import {
  answerSchema,
  instructions,
  isComplete,
  questionOn,
  type Answer,
  type Question,
} from './question.ts';

/** Who judged, and why the language model did not although there is one. */
export interface Attributed {
  judgement: Judgement;
  judged_by: 'rules' | 'language_model';
  note: string | null;
}

export interface JudgedSentence {
  user_id: string;
  raw_query: string;
  condition: string | null;
}

/** How long nobody asks a model that just failed and did not say when to come back. */
const pauseSeconds = 30;
const longestPauseSeconds = 3600;

/** A second opinion on what rules were unsure of. The verdict of the rules stands whenever there is none. */
@Injectable()
export class LanguageModelJudge {
  readonly #logger = new Logger(LanguageModelJudge.name);
  #pausedUntil = 0;

  constructor(
    @Inject(LANGUAGE_MODEL) private readonly model: LanguageModel | null,
    @Inject(LanguageModelRepository) private readonly repository: LanguageModelRepository,
    @Inject(changeDetectorConfig.token) private readonly config: ChangeDetectorConfig,
  ) {}

  /** Never fails because of the model. Opens no transaction. */
  async review(
    judgement: Judgement,
    { user_id, raw_query, condition }: JudgedSentence,
    input: JudgeInput & { before: Version; relevantFrom: number },
  ): Promise<Attributed> {
    const byRules = (note: string | null): Attributed => ({ judgement, judged_by: 'rules', note });
    if (!this.model) return byRules(null);
    const open = openChanges(judgement, input.reading);
    if (open.length === 0) return byRules(null);

    const { subject, attribute } = input.reading;
    const sentence = { raw_query, condition, subject, attribute };
    const question = questionOn(
      open,
      sentence,
      { before: input.before, after: input.after },
      this.model.model,
    );
    if (question.texts.some(addressesJudge)) {
      return byRules('The page speaks to whoever judges it, so rules alone judged.');
    }
    try {
      const answer = await this.answerTo(this.model, question, user_id);
      const verdicted = withAnswer(judgement, input.reading, question, answer, input);
      return { judgement: { ...judgement, ...verdicted }, judged_by: 'language_model', note: null };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#logger.warn({ err: error }, 'the verdict of the rules stands');
      return byRules(`${error.message}, so rules judged.`);
    }
  }

  private async answerTo(model: LanguageModel, question: Question, userId: string): Promise<Answer> {
    const known = await this.repository.findAnswer(userId, question.hash);
    if (known) return known;
    if (Date.now() < this.#pausedUntil) {
      throw new AppError('service_unavailable', 'The language model was not available a moment ago');
    }
    const perDay = this.config.LANGUAGE_MODEL_QUESTIONS_PER_DAY;
    if (!(await this.repository.spendQuestion(userId, perDay))) {
      throw new AppError(
        'rate_limited',
        `The ${perDay} questions to the language model of today are used up`,
      );
    }
    const answer = await this.ask(model, question);
    if (!isComplete(answer, question)) {
      throw new AppError(
        'upstream_failed',
        'The language model answered about other changes than those asked about',
      );
    }
    await this.repository.keepAnswer(userId, question.hash, answer);
    return answer;
  }

  private async ask(model: LanguageModel, { input }: Question): Promise<Answer> {
    try {
      return await model.complete({ instructions, input, schema: answerSchema, schema_name: 'relations' });
    } catch (error) {
      if (error instanceof AppError && error.code === 'service_unavailable') {
        const seconds = Math.min(error.retry_after_seconds ?? pauseSeconds, longestPauseSeconds);
        this.#pausedUntil = Date.now() + seconds * 1000;
      }
      throw error;
    }
  }
}
