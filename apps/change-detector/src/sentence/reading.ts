import type { Condition, Reading as StoredReading } from '@torale/contracts';

export type { Condition, Measure, Operator } from '@torale/contracts';

/** What a sentence asks for, read without a model: what is stored and shown, and what follows from it. */
export interface Reading extends StoredReading {
  condition: Condition | null;
  /** Stems of the subject. */
  subjectStems: ReadonlySet<string>;
  /** Stems of every word that asks for something: what is named is never noise. */
  asked: ReadonlySet<string>;
  /** No subject and no condition: every real change counts. */
  anyChange: boolean;
}
