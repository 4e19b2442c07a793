import { z } from 'zod';

export const measureSchema = z.enum(['money', 'percentage', 'number', 'duration']);
export type Measure = z.infer<typeof measureSchema>;
export const operatorSchema = z.enum(['below', 'at_most', 'equals', 'at_least', 'above']);
export type Operator = z.infer<typeof operatorSchema>;

export const availabilitySchema = z.enum([
  'available',
  'unavailable',
  'preorder',
  'backorder',
  'open',
  'closed',
  'cancelled',
  'postponed',
  'discontinued',
  'coming_soon',
  'operational',
  'outage',
]);
export type Availability = z.infer<typeof availabilitySchema>;

const amountSchema = z.number().meta({ description: 'Durations in seconds.' });

/** A condition that can be decided on values, without understanding the rest of the page. */
export const conditionSchema = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('comparison'),
        of: measureSchema,
        operator: operatorSchema,
        amount: amountSchema,
        currency: z.string().max(8).nullable().meta({ description: 'ISO 4217; null when none is named.' }),
        bound: z.string().min(1).max(60).meta({ description: 'The bound as written, e.g. `$500`.' }),
      })
      .meta({ description: 'The watched value against a bound: "drops below $500".' }),
    z
      .strictObject({
        kind: z.literal('movement'),
        of: measureSchema,
        direction: z.enum(['down', 'up', 'any']),
        by: z.strictObject({ amount: amountSchema, of: measureSchema }).nullable(),
      })
      .meta({ description: 'The watched value against itself before: "rises by 10 %".' }),
    z
      .strictObject({ kind: z.literal('state'), state: availabilitySchema })
      .meta({ description: '"is back in stock", "sells out", "is cancelled".' }),
    z.strictObject({ kind: z.literal('date_announced') }).meta({ description: '"gets a release date".' }),
    z
      .strictObject({ kind: z.literal('mention'), phrase: z.string().min(1).max(500), absent: z.boolean() })
      .meta({ description: '"mentions …"; `absent`: "no longer mentions …".' }),
  ])
  .meta({ id: 'Condition' });
export type Condition = z.infer<typeof conditionSchema>;

/** What a sentence was understood to ask for; made when it is filed, and its owner's to correct. */
export const readingSchema = z
  .strictObject({
    subject: z.string().max(2000).meta({
      description: 'What is watched, in the words of the sentence; empty when it names only the page.',
    }),
    attribute: z
      .string()
      .max(100)
      .nullable()
      .meta({ description: 'What of it is watched, e.g. `price`; null when the sentence does not say.' }),
    condition: conditionSchema.nullable().meta({
      description: 'Null: every real change about the subject counts.',
    }),
  })
  .meta({ id: 'Reading' });
export type Reading = z.infer<typeof readingSchema>;

/** From where on a change is told. What is null is taken from the query for a source, and else the default. */
export const thresholdsSchema = z
  .strictObject({
    relevance: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .default(null)
      .meta({ description: 'How much a change must be about the subject, 0 to 1; default 0.34.' }),
    confidence: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .default(null)
      .meta({ description: 'How sure the judge must be, 0 to 1; default 0: whatever alerts is told.' }),
  })
  .meta({ id: 'Thresholds' });
export type Thresholds = z.infer<typeof thresholdsSchema>;
export const defaultThresholds = { relevance: 0.34, confidence: 0 } as const;
