import type { FetchOutcome } from '@torale/contracts';

/** Why a response that arrived in full is not content. The message is for people. */
export class ExtractionError extends Error {
  readonly outcome: FetchOutcome;
  constructor(outcome: Exclude<FetchOutcome, 'ok' | 'not_modified'>, message: string) {
    super(message);
    this.name = 'ExtractionError';
    this.outcome = outcome;
  }
}
