import type { FetchOutcome } from '@torale/contracts';

export type ExtractionFailure = Exclude<FetchOutcome, 'ok' | 'not_modified'>;

/** Why a response that arrived in full is not content. The message is for people. */
export class ExtractionError extends Error {
  readonly outcome: ExtractionFailure;
  constructor(outcome: ExtractionFailure, message: string) {
    super(message);
    this.name = 'ExtractionError';
    this.outcome = outcome;
  }
}
