import { z } from 'zod';
import { evidenceSchema, severitySchema } from './change-alert.ts';
import { verdictSchema } from './check.ts';
import { idSchema, timestampSchema } from './common.ts';
import {
  compareRequestSchema,
  compareResponseSchema,
  judgeRequestSchema,
  judgeResponseSchema,
  readRequestSchema,
  readResponseSchema,
  similarityRequestSchema,
  similarityResponseSchema,
} from './comparison.ts';
import { blockSchema } from './content.ts';
import { defineContract, defineEndpoint, type ServiceApi } from './endpoint.ts';

export const detectRequestSchema = z
  .strictObject({
    check_id: idSchema.meta({ description: 'A running check; its verdict is recorded on it, once.' }),
    content_id: idSchema.meta({ description: 'The content that stands now.' }),
  })
  .meta({ id: 'DetectRequest' });
export type DetectRequest = z.infer<typeof detectRequestSchema>;

export const detectResponseSchema = z
  .object({
    verdict: verdictSchema,
    reason: z.string(),
    alert_id: idSchema.nullable(),
    severity: severitySchema.nullable(),
  })
  .meta({ id: 'DetectResponse' });
export type DetectResponse = z.infer<typeof detectResponseSchema>;

export const conditionStateRequestSchema = z
  .strictObject({
    raw_query: z.string().min(1).max(5000),
    condition: z.string().max(2000).nullable(),
    source_url: z.string(),
    content: z.object({
      title: z.string().nullable(),
      blocks: z.array(blockSchema),
      fetched_at: timestampSchema,
    }),
  })
  .meta({ id: 'ConditionStateRequest' });
export type ConditionStateRequest = z.infer<typeof conditionStateRequestSchema>;

/** What one content says about the condition of a sentence. */
export const conditionStateSchema = z
  .object({
    met: z
      .boolean()
      .nullable()
      .meta({ description: 'Null when the content does not say, or only a change can.' }),
    reason: z.string().meta({ description: 'What was found, in a sentence.' }),
    evidence: evidenceSchema.nullable().meta({ description: 'The block that it was read from.' }),
    confidence: z.number().min(0).max(1),
  })
  .meta({ id: 'ConditionState' });
export type ConditionState = z.infer<typeof conditionStateSchema>;

export const conditionStateResponseSchema = z
  .object({
    subject: z.string().nullable().meta({ description: 'What is watched, in the words of the sentence.' }),
    condition: conditionStateSchema.nullable().meta({ description: 'Null when the sentence states none.' }),
  })
  .meta({ id: 'ConditionStateResponse' });
export type ConditionStateResponse = z.infer<typeof conditionStateResponseSchema>;

/**
 * Content → verdict. Compares with the content judged last, and in one transaction records the verdict on the
 * check, moves the baseline, writes the alert and enqueues its notification. Idempotent: a check that already
 * has its verdict gives it again.
 */
export const changeDetectorContract = defineContract('change-detector', {
  detect: defineEndpoint({
    method: 'POST',
    path: '/detect',
    summary: 'Judge what changed for the sentence and record it',
    body: detectRequestSchema,
    response: detectResponseSchema,
    deadline_ms: 60_000,
  }),
  read: defineEndpoint({
    method: 'POST',
    path: '/read',
    summary: 'What a sentence asks for: subject, watched attribute, typed condition',
    body: readRequestSchema,
    response: readResponseSchema,
    deadline_ms: 2_000,
  }),
  compare: defineEndpoint({
    method: 'POST',
    path: '/compare',
    summary: 'Two versions of a page → aligned blocks and typed differences, with what of them is noise',
    body: compareRequestSchema,
    body_limit_bytes: 32 * 1024 * 1024,
    response: compareResponseSchema,
    deadline_ms: 30_000,
  }),
  conditionState: defineEndpoint({
    method: 'POST',
    path: '/condition-state',
    summary: 'Whether the condition of a sentence is true of a content; nothing is recorded',
    body: conditionStateRequestSchema,
    body_limit_bytes: 32 * 1024 * 1024,
    response: conditionStateResponseSchema,
    deadline_ms: 30_000,
  }),
  similarity: defineEndpoint({
    method: 'POST',
    path: '/similarity',
    summary: 'The stored blocks nearest to a text, of one source or of all of a user',
    body: similarityRequestSchema,
    response: similarityResponseSchema,
  }),
  judge: defineEndpoint({
    method: 'POST',
    path: '/judge',
    summary: 'A dry run: the verdict on two versions of a page for a sentence; stores nothing',
    body: judgeRequestSchema,
    body_limit_bytes: 32 * 1024 * 1024,
    response: judgeResponseSchema,
    deadline_ms: 60_000,
  }),
});
export type ChangeDetectorApi = ServiceApi<typeof changeDetectorContract>;
export const CHANGE_DETECTOR_API = Symbol.for('torale.ChangeDetectorApi');
