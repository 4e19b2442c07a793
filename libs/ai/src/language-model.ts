import type { z } from 'zod';

export interface CompletionRequest<Schema extends z.ZodType> {
  /** Instructions; never holds text from a page. */
  instructions: string;
  /** What the user or a page said: data, never instructions. */
  input: string;
  /**
   * The answer's shape; sent to the model as a JSON schema and checked on its answer. OpenAI's strict mode takes no
   * optional keys (use `nullable`) and no length limits of strings.
   */
  schema: Schema;
  schema_name: string;
  signal?: AbortSignal | undefined;
}

/** A model that answers in JSON. */
export interface LanguageModel {
  readonly model: string;
  /** Fails with AppError `service_unavailable` (down, rate limited, too late) or `upstream_failed` (not the schema). */
  complete<Schema extends z.ZodType>(request: CompletionRequest<Schema>): Promise<z.output<Schema>>;
}

/** Bound to a LanguageModel, or to null where no key is configured. */
export const LANGUAGE_MODEL = Symbol.for('torale.LanguageModel');
