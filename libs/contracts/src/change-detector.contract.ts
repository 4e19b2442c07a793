import { z } from 'zod';
import { severitySchema } from './change-alert.ts';
import { verdictSchema } from './check.ts';
import { idSchema } from './common.ts';
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
    response: compareResponseSchema,
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
    response: judgeResponseSchema,
    deadline_ms: 60_000,
  }),
});
export type ChangeDetectorApi = ServiceApi<typeof changeDetectorContract>;
export const CHANGE_DETECTOR_API = Symbol.for('torale.ChangeDetectorApi');
