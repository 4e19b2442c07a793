import { z } from 'zod';
import { httpUrlSchema, idSchema, timestampSchema } from './common.ts';
import { extractionSchema } from './extraction.ts';
import { thresholdsSchema } from './reading.ts';
import { renderActionsSchema, renderModeSchema } from './rendering.ts';
import { sourceRequestSchema, sourceRequestSummarySchema } from './source-request.ts';

export const sourceKindSchema = z.enum(['page', 'feed', 'json', 'document', 'search']);
export type SourceKind = z.infer<typeof sourceKindSchema>;

/** How a source came to be watched. */
export const sourceOriginSchema = z.enum(['sentence', 'declared_feed', 'identified', 'manual']);
export type SourceOrigin = z.infer<typeof sourceOriginSchema>;

/**
 * How a fetch ended. Only `ok` can become content; `not_modified` means the content stored last still stands.
 */
export const fetchOutcomeSchema = z.enum([
  'ok',
  'not_modified',
  'blocked',
  'login_required',
  'not_found',
  'server_error',
  'client_error',
  'timeout',
  'dns_error',
  'connection_error',
  'tls_error',
  'too_large',
  'too_many_redirects',
  'unsupported',
  'empty',
  'address_refused',
  'robots_denied',
]);
export type FetchOutcome = z.infer<typeof fetchOutcomeSchema>;

const respectRobotsSchema = z
  .boolean()
  .meta({ description: 'Whether pages that the robots.txt of the site closes to programs are left alone.' });
const screenshotSchema = z
  .boolean()
  .meta({ description: 'Keep a picture of the page; only where a browser renders it.' });

/** One thing that is checked. */
export const monitoredSourceSchema = z
  .object({
    id: idSchema,
    user_query_id: idSchema,
    url: z.string(),
    kind: sourceKindSchema,
    title: z.string().nullable(),
    origin: sourceOriginSchema,
    reason: z.string().nullable().meta({ description: 'Why discovery chose it.' }),
    status: z.enum(['active', 'paused']),
    thresholds: thresholdsSchema.meta({ description: 'Of this source alone; null means as its query says.' }),
    next_check_at: timestampSchema,
    last_checked_at: timestampSchema.nullable(),
    last_outcome: fetchOutcomeSchema.nullable().meta({ description: 'How the last fetch ended.' }),
    last_error: z.string().nullable().meta({ description: 'What went wrong at the last check, for people.' }),
    consecutive_failures: z.int(),
    failing_since: timestampSchema.nullable().meta({
      description: 'Since when its owner knows that it cannot be read; it is checked less often meanwhile.',
    }),
    request: sourceRequestSummarySchema.nullable().meta({ description: 'Null: a plain GET.' }),
    respect_robots: respectRobotsSchema,
    render_mode: renderModeSchema,
    render_actions: renderActionsSchema,
    screenshot: screenshotSchema,
    extraction: extractionSchema,
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'MonitoredSource' });
export type MonitoredSource = z.infer<typeof monitoredSourceSchema>;

/** How a source is fetched and read. */
const sourceSettingsSchema = z
  .strictObject({
    request: sourceRequestSchema.nullable().meta({ description: 'Null: a plain GET.' }),
    respect_robots: respectRobotsSchema,
    render_mode: renderModeSchema,
    render_actions: renderActionsSchema,
    screenshot: screenshotSchema,
    extraction: extractionSchema,
  })
  .partial();
export type SourceSettings = z.output<typeof sourceSettingsSchema>;

export const createMonitoredSourceSchema = sourceSettingsSchema
  .extend({
    user_query_id: idSchema,
    url: httpUrlSchema,
    kind: z.enum(['page', 'feed']).default('page'),
    title: z.string().trim().max(300).optional(),
  })
  .meta({ id: 'CreateMonitoredSource' });
export type CreateMonitoredSource = z.infer<typeof createMonitoredSourceSchema>;

/** Each setting that is named is replaced as a whole: what is sealed cannot be shown for editing. */
export const updateMonitoredSourceSchema = sourceSettingsSchema
  .extend({
    status: z.enum(['active', 'paused']).optional(),
    title: z.string().trim().max(300).nullable().optional(),
    thresholds: thresholdsSchema.optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'name at least one thing to change')
  .meta({ id: 'UpdateMonitoredSource' });
export type UpdateMonitoredSource = z.infer<typeof updateMonitoredSourceSchema>;
