import { z } from 'zod';
import { idSchema, timestampSchema } from './common.ts';
import { explanationSchema } from './explanation.ts';
import { fetchOutcomeSchema } from './monitored-source.ts';

export const checkTriggerSchema = z.enum(['initial', 'schedule', 'manual']);
/** `cancelled`: the query or the source was paused, completed or removed before the check began. */
export const checkStatusSchema = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);

/**
 * What change detection says of a check. `baseline` is the first content of a source: nothing to compare with.
 */
export const verdictSchema = z.enum(['baseline', 'unchanged', 'noise', 'changed', 'alert']);
export type Verdict = z.infer<typeof verdictSchema>;

/** One run of the pipeline for one source. */
export const checkSchema = z
  .object({
    id: idSchema,
    source_id: idSchema,
    trigger: checkTriggerSchema,
    status: checkStatusSchema,
    outcome: fetchOutcomeSchema.nullable().meta({ description: 'How the fetch ended; null before it did.' }),
    verdict: verdictSchema.nullable().meta({ description: 'Null while running and when the fetch failed.' }),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why this verdict, or what went wrong, in a sentence.' }),
    alert_id: idSchema.nullable(),
    queued_at: timestampSchema,
    started_at: timestampSchema.nullable(),
    finished_at: timestampSchema.nullable(),
  })
  .meta({ id: 'Check' });
export type Check = z.infer<typeof checkSchema>;

/** A check that explains why it was an alert or none. */
export const explainedCheckSchema = checkSchema
  .extend({
    explanation: explanationSchema.nullable().meta({ description: 'Null when nothing was compared.' }),
  })
  .meta({ id: 'ExplainedCheck' });
export type ExplainedCheck = z.infer<typeof explainedCheckSchema>;
