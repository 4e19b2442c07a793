import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Database } from '@torale/database';
import { sql } from 'kysely';
import { answerSchema, type Answer } from './question.ts';

@Injectable()
export class LanguageModelRepository {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  async findAnswer(userId: string, questionHash: string): Promise<Answer | null> {
    const row = await this.database.kysely
      .selectFrom('language_model_judgements')
      .select('answer')
      .where('user_id', '=', userId)
      .where('question_hash', '=', questionHash)
      .executeTakeFirst();
    return row ? answerSchema.parse(row.answer) : null;
  }

  async keepAnswer(userId: string, questionHash: string, answer: Answer): Promise<void> {
    await this.database.kysely
      .insertInto('language_model_judgements')
      .values({ user_id: userId, question_hash: questionHash, answer: JSON.stringify(answer) })
      .onConflict((conflict) => conflict.columns(['user_id', 'question_hash']).doNothing())
      .execute();
  }

  /** Takes one question from the user's budget of today (UTC); false when it is used up. */
  async spendQuestion(userId: string, perDay: number): Promise<boolean> {
    if (perDay === 0) return false;
    const spent = await this.database.kysely
      .insertInto('language_model_usage')
      .values({ user_id: userId, day: new Date().toISOString().slice(0, 10), questions: 1 })
      .onConflict((conflict) =>
        conflict
          .columns(['user_id', 'day'])
          .doUpdateSet({ questions: sql`language_model_usage.questions + 1` })
          .where('language_model_usage.questions', '<', perDay),
      )
      .returning('questions')
      .executeTakeFirst();
    return spent !== undefined;
  }
}
