import { z } from 'zod';
import { idSchema, timestampSchema } from './common.ts';
import { explanationSchema } from './explanation.ts';
import { fetchOutcomeSchema } from './monitored-source.ts';

export const checkTriggerSchema = z.enum(['initial', 'schedule', 'manual']);
export type CheckTrigger = z.infer<typeof checkTriggerSchema>;
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

/**
 * `dispatch`: handed to a worker. `read`: fetched, extracted, stored. `judge`: compared and judged. `tell`: the alert
 * turned into deliveries. `deliver`: one delivery.
 */
export const checkStepNameSchema = z.enum(['dispatch', 'read', 'judge', 'tell', 'deliver']);
export type CheckStepName = z.infer<typeof checkStepNameSchema>;

/** As a check keeps them; each goes through the steps `read` and `judge`. */
export const checkAttemptSchema = z.object({
  started_at: timestampSchema,
  ended_at: timestampSchema.nullable(),
  ok: z.boolean().nullable().meta({ description: 'Null when it neither succeeded nor failed.' }),
  step: checkStepNameSchema.nullable().meta({ description: 'How far it came; null when nobody knows.' }),
  error: z.string().nullable(),
  worker: z.string(),
});
export type CheckAttempt = z.infer<typeof checkAttemptSchema>;

export const checkStepSchema = z
  .object({
    name: checkStepNameSchema,
    status: z.enum(['waiting', 'running', 'succeeded', 'failed', 'skipped']),
    detail: z.string().nullable(),
    delivery_id: idSchema
      .nullable()
      .meta({ description: 'Of a step `deliver`, of which there can be many.' }),
    started_at: timestampSchema.nullable(),
    ended_at: timestampSchema.nullable(),
    attempts: z.array(
      z.object({
        started_at: timestampSchema.nullable().meta({ description: 'Null when nobody noted it.' }),
        ended_at: timestampSchema.nullable().meta({ description: 'Null while it is made.' }),
        ok: z.boolean().nullable().meta({ description: 'Null while it is made, and when it was put back.' }),
        error: z.string().nullable(),
        worker: z.string().nullable().meta({ description: 'Who made it: host and process.' }),
      }),
    ),
  })
  .meta({ id: 'CheckStep' });
export type CheckStep = z.infer<typeof checkStepSchema>;

/**
 * What made up for a step that could not be done. `put_back`: it waits for its turn at a host. `tried_again`: another
 * attempt followed. `left_for_next_check`: the next check of the source does it. `given_up`: no attempt was left.
 * `called_off`: nobody wanted it any more.
 */
export const checkCompensationSchema = z
  .object({
    kind: z.enum(['put_back', 'tried_again', 'left_for_next_check', 'given_up', 'called_off']),
    step: checkStepNameSchema.nullable(),
    at: timestampSchema.nullable(),
    detail: z.string().nullable(),
  })
  .meta({ id: 'CheckCompensation' });
export type CheckCompensation = z.infer<typeof checkCompensationSchema>;

/** A check from its dispatch to its last delivery, and why it was an alert or none. */
export const checkRecordSchema = checkSchema
  .extend({
    explanation: explanationSchema.nullable().meta({ description: 'Null when nothing was compared.' }),
    steps: z.array(checkStepSchema),
    compensation: z.array(checkCompensationSchema),
  })
  .meta({ id: 'CheckRecord' });
export type CheckRecord = z.infer<typeof checkRecordSchema>;
