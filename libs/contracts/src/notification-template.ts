import { z } from 'zod';
import { idSchema, timestampSchema } from './common.ts';
import { channelKindSchema } from './notification-channel.ts';

/** Kinds of channels that carry words; a webhook carries data. */
export const templateKindSchema = channelKindSchema.exclude(['webhook']);
export type TemplateKind = z.infer<typeof templateKindSchema>;

/** What is told, as far as its words may be chosen: a code is worded by Torale alone. */
export const templateAboutSchema = z.enum(['alert', 'notice', 'digest']);
export type TemplateAbout = z.infer<typeof templateAboutSchema>;

export const messageTemplateSchema = z
  .strictObject({
    title: z.string().min(1).max(300).meta({ description: 'The subject of an e-mail; becomes one line.' }),
    text: z.string().min(1).max(10_000),
  })
  .meta({
    id: 'MessageTemplate',
    description:
      'Mustache: `{{variable}}`, `{{#list}}…{{/list}}`, `{{^absent}}…{{/absent}}`. Values are put in as plain text.',
  });
export type MessageTemplate = z.infer<typeof messageTemplateSchema>;

/** What a user says instead of Torale, for one kind of channel. */
export const messageTemplatesSchema = z
  .strictObject({
    alert: messageTemplateSchema.nullable().optional(),
    notice: messageTemplateSchema.nullable().optional(),
    digest: messageTemplateSchema.nullable().optional(),
  })
  .meta({ id: 'MessageTemplates', description: 'What is null or left out is worded by Torale.' });
export type MessageTemplates = z.infer<typeof messageTemplatesSchema>;

const templateVariableSchema = z.object({
  name: z.string(),
  description: z.string(),
  within: z.array(z.string()).meta({ description: 'The lists that it is an item of, outermost first.' }),
});
export type TemplateVariable = z.infer<typeof templateVariableSchema>;

const perAbout = <T extends z.ZodType>(schema: T) =>
  z.object({ alert: schema, notice: schema, digest: schema });

/** Torale's own words for one kind of channel, and what templates for it can say. */
export const templateGuideSchema = z.object({
  defaults: perAbout(messageTemplateSchema),
  variables: perAbout(z.array(templateVariableSchema)),
});
export type TemplateGuide = z.infer<typeof templateGuideSchema>;

export const notificationTemplatesSchema = templateGuideSchema
  .extend({
    kind: templateKindSchema,
    templates: perAbout(messageTemplateSchema.nullable()).meta({
      description: 'Yours; null: worded by Torale.',
    }),
    updated_at: timestampSchema.nullable(),
  })
  .meta({ id: 'NotificationTemplates' });
export type NotificationTemplates = z.infer<typeof notificationTemplatesSchema>;

export const previewTemplateSchema = z
  .strictObject({
    kind: templateKindSchema,
    about: templateAboutSchema.default('alert'),
    template: messageTemplateSchema.optional().meta({ description: 'Left out: the one that is in use.' }),
    alert_id: idSchema.optional().meta({
      description: 'An alert of yours to show it with, where it is about alerts; left out: a made-up one.',
    }),
  })
  .meta({ id: 'PreviewTemplate' });
export type PreviewTemplate = z.infer<typeof previewTemplateSchema>;

export const renderedTemplateSchema = z
  .object({
    title: z.string(),
    text: z.string(),
    html: z.string().nullable().meta({ description: 'The whole document of an e-mail; null elsewhere.' }),
  })
  .meta({ id: 'RenderedTemplate' });
export type RenderedTemplate = z.infer<typeof renderedTemplateSchema>;
