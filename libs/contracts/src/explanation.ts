import { z } from 'zod';
import { idSchema, timestampSchema } from './common.ts';

/** One value or wording that is not what it was. */
export const typedDifferenceSchema = z
  .object({
    kind: z.string().meta({
      description:
        'The kind of value (`money`, `date`, `availability`, …), or `wording` where none is among the words.',
    }),
    before: z.string().nullable(),
    after: z.string().nullable(),
  })
  .meta({ id: 'TypedDifference' });
export type TypedDifference = z.infer<typeof typedDifferenceSchema>;

/** One block that is not what it was, and what was made of it. */
export const explainedChangeSchema = z
  .object({
    kind: z.enum(['added', 'removed', 'edited']),
    path: z.array(z.string()).meta({ description: 'Headings above the block.' }),
    before: z.string().nullable(),
    after: z.string().nullable(),
    differences: z.array(typedDifferenceSchema),
    noise: z.string().nullable().meta({ description: 'Why it is noise; null when it is real.' }),
    relevance: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .meta({ description: 'How much it is about the sentence; null where that was not asked.' }),
  })
  .meta({ id: 'ExplainedChange' });
export type ExplainedChange = z.infer<typeof explainedChangeSchema>;

/** Why a verdict is what it is. */
export const explanationSchema = z
  .object({
    judged_by: z.enum(['rules', 'language_model']),
    note: z.string().nullable().meta({
      description: 'Why the language model did not judge although there is one, or what it decided.',
    }),
    similarity: z.number().min(0).max(1).nullable(),
    moved: z.int().meta({ description: 'Blocks that only changed places.' }),
    changes: z.array(explainedChangeSchema),
    omitted: z.int().meta({ description: 'Changes that are not listed here.' }),
    repeats_alert_id: idSchema.nullable().meta({
      description: 'The alert that had already told this; the source was added to it.',
    }),
  })
  .meta({ id: 'Explanation' });
export type Explanation = z.infer<typeof explanationSchema>;

/** Where else the same was seen. */
export const alertSourceSchema = z.object({
  source_id: idSchema.nullable(),
  url: z.string(),
  check_id: idSchema.nullable(),
  seen_at: timestampSchema,
});
export type AlertSource = z.infer<typeof alertSourceSchema>;

export const feedbackVerdictSchema = z.enum(['useful', 'not_useful']);
export const alertFeedbackSchema = z
  .object({
    alert_id: idSchema,
    verdict: feedbackVerdictSchema,
    reason: z.string().nullable(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'AlertFeedback' });
export type AlertFeedback = z.infer<typeof alertFeedbackSchema>;
export const giveFeedbackSchema = z
  .strictObject({
    verdict: feedbackVerdictSchema,
    reason: z.string().trim().min(1).max(500).optional(),
  })
  .meta({ id: 'GiveFeedback' });
export type GiveFeedback = z.infer<typeof giveFeedbackSchema>;
