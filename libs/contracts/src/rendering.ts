import { z } from 'zod';

/** Whether a browser renders a source: when its markup asks for it, at every check, or not at all. */
export const renderModeSchema = z.enum(['auto', 'always', 'never']);
export type RenderMode = z.infer<typeof renderModeSchema>;

const selectorSchema = z.string().trim().min(1).max(500).meta({ description: 'A CSS selector.' });

export const renderActionSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('wait_for'), selector: selectorSchema }),
    z.strictObject({ type: z.literal('click'), selector: selectorSchema }),
    z.strictObject({ type: z.literal('fill'), selector: selectorSchema, value: z.string().max(1000) }),
    z.strictObject({
      type: z.literal('scroll'),
      screens: z
        .int()
        .min(1)
        .max(20)
        .default(1)
        .meta({ description: 'How many heights of the window, downwards.' }),
    }),
  ])
  .meta({ id: 'RenderAction' });
export type RenderAction = z.output<typeof renderActionSchema>;

/** Done in this order when the page has loaded; one that cannot be done in time fails the check. */
export const renderActionsSchema = z.array(renderActionSchema).max(10);

/** What trying both ways taught about a source in mode `auto`. */
export interface RenderLearned {
  /** Its text shows in a browser only. */
  needed: boolean;
  /** For people: what was seen. */
  reason: string;
  /** ISO 8601, when both ways were last tried. */
  tested_at: string;
}
