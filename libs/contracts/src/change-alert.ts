import { z } from 'zod';
import { idSchema, timestampSchema } from './common.ts';
import { alertFeedbackSchema, alertSourceSchema, explanationSchema } from './explanation.ts';

export const severitySchema = z.enum(['low', 'medium', 'high']);
export type Severity = z.infer<typeof severitySchema>;

/** One place that changed: what stood there before and what stands there now. */
export const evidenceSchema = z
  .object({
    kind: z.enum(['added', 'removed', 'edited', 'unchanged']),
    before: z.string().nullable(),
    after: z.string().nullable(),
    path: z.array(z.string()).meta({ description: 'Headings above the block.' }),
    source_url: z.string(),
  })
  .meta({ id: 'Evidence' });
export type Evidence = z.infer<typeof evidenceSchema>;

export const judgedBySchema = z.enum(['rules', 'language_model']);
export const alertKindSchema = z.enum(['change', 'already_met']).meta({
  description: '`already_met`: the condition was true at the first check, before anything changed.',
});

/** A verdict worth telling the user. */
export const changeAlertSchema = z
  .object({
    id: idSchema,
    user_query_id: idSchema,
    source_id: idSchema.nullable(),
    check_id: idSchema.nullable(),
    source_url: z.string(),
    kind: alertKindSchema,
    severity: severitySchema,
    summary: z.string(),
    evidence: z.array(evidenceSchema).min(1),
    similarity: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .meta({ description: 'Share of content that stayed the same; null without a before.' }),
    confidence: z.number().min(0).max(1),
    condition_met: z
      .boolean()
      .nullable()
      .meta({ description: 'Null when the sentence states no condition.' }),
    judged_by: judgedBySchema,
    reason: z.string().meta({ description: 'Why it was alerted, in a sentence.' }),
    sources: z.array(alertSourceSchema).meta({
      description:
        'Every source that told the same, the first one first; the later ones raise no alert of their own.',
    }),
    acknowledged_at: timestampSchema.nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'ChangeAlert' });
export type ChangeAlert = z.infer<typeof changeAlertSchema>;

/** An alert that explains itself. */
export const explainedAlertSchema = changeAlertSchema
  .extend({
    explanation: explanationSchema
      .nullable()
      .meta({ description: 'Null when the check is no longer there.' }),
    feedback: alertFeedbackSchema.nullable(),
  })
  .meta({ id: 'ExplainedAlert' });
export type ExplainedAlert = z.infer<typeof explainedAlertSchema>;
