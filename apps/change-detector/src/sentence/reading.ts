import type { Availability } from '../values/value.ts';

export type Measure = 'money' | 'percentage' | 'number' | 'duration';
export type Operator = 'below' | 'at_most' | 'equals' | 'at_least' | 'above';

/** A condition that can be decided on values, without understanding the rest of the page. */
export type Condition =
  /** The watched value against a bound: "drops below $500". */
  | {
      kind: 'comparison';
      of: Measure;
      operator: Operator;
      amount: number;
      /** Null when the sentence names none. */
      currency: string | null;
      /** The bound as written, e.g. `$500`. */
      bound: string;
    }
  /** The watched value against itself before: "the price drops", "rises by 10 %". */
  | {
      kind: 'movement';
      of: Measure;
      direction: 'down' | 'up' | 'any';
      by: { amount: number; of: Measure } | null;
    }
  /** "is back in stock", "sells out", "is cancelled". */
  | { kind: 'state'; state: Availability }
  /** "gets a release date". */
  | { kind: 'date_announced' }
  /** "mentions …"; `absent`: "no longer mentions …". */
  | { kind: 'mention'; phrase: string; absent: boolean };

/** What a sentence asks for, read without a model. */
export interface Reading {
  condition: Condition | null;
  /** What is watched, in the words of the sentence, e.g. `aurora x2`; empty when the sentence names only the page. */
  subject: string;
  /** Stems of the subject. */
  subjectStems: ReadonlySet<string>;
  /** What of it is watched, e.g. `price`, `stars`; null when the sentence does not say. */
  attribute: string | null;
  /** Stems of every word that asks for something: what is named is never noise. */
  asked: ReadonlySet<string>;
  /** No subject and no condition: every real change counts. */
  anyChange: boolean;
}
