import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  type ConfigOf,
  type MessageTemplates,
  type PreviewTemplate,
  type RenderedTemplate,
  type TemplateAbout,
  type TemplateGuide,
  type TemplateKind,
  templateAboutSchema,
  type TemplateVariable,
  type UserRef,
} from '@torale/contracts';
import type { Notice, Told } from '../channels/told.ts';
import { ToldRepository } from '../deliveries/told.repository.ts';
import { notificationsConfig } from '../notifications.config.ts';
import { sampleAlert } from '../verification/sample-alert.ts';
import { TemplateFault, type Variable } from './bounded-template.ts';
import { defaultTemplates } from './default-templates.ts';
import { assertTemplate, renderMessage, variablesOf } from './render-message.ts';
import { TemplatesRepository } from './templates.repository.ts';

/** What users may say instead of Torale. */
@Injectable()
export class TemplatesService {
  constructor(
    @Inject(TemplatesRepository) private readonly repository: TemplatesRepository,
    @Inject(ToldRepository) private readonly told: ToldRepository,
    @Inject(notificationsConfig.token) private readonly config: ConfigOf<typeof notificationsConfig>,
  ) {}

  async guide({ kind }: { kind: TemplateKind }): Promise<TemplateGuide> {
    return {
      defaults: defaultTemplates[kind],
      variables: {
        alert: listed(variablesOf.alert),
        notice: listed(variablesOf.notice),
        digest: listed(variablesOf.digest),
      },
    };
  }

  /** Rejects with `invalid_request`. */
  async check(templates: MessageTemplates): Promise<Record<string, never>> {
    for (const about of templateAboutSchema.options) {
      const template = templates[about];
      if (template) assertTemplate(about, template, about);
    }
    return {};
  }

  /** Rejects with `invalid_request`, and with `not_found` for an alert that is not the user's. */
  async preview({
    user_id,
    kind,
    about,
    template,
    alert_id,
  }: PreviewTemplate & UserRef): Promise<RenderedTemplate> {
    if (template) assertTemplate(about, template, 'template');
    const words = template ?? (await this.repository.find(user_id, kind))[about] ?? null;
    const told = await this.sample(user_id, about, alert_id);
    const links = { publicUrl: this.config.PUBLIC_URL ?? null, unsubscribeUrl: null };
    try {
      const { title, text, html } = renderMessage(kind, told, links, words);
      return { title, text, html: kind === 'email' ? html : null };
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TemplateFault)) throw error;
      const message = error instanceof RangeError ? 'what it makes is too long' : error.message;
      throw new AppError('invalid_request', `template.text: ${message}`, {
        errors: [{ path: 'template.text', message }],
      });
    }
  }

  private async sample(userId: string, about: TemplateAbout, alertId: string | undefined): Promise<Told> {
    const alert = alertId === undefined ? sampleAlert() : await this.told.findAlert(userId, alertId);
    if (!alert) throw new AppError('not_found', 'There is no such alert.');
    switch (about) {
      case 'alert':
        return { type: 'alert', alert };
      case 'notice':
        return { type: 'notice', notice: sampleNotice() };
      case 'digest':
        return {
          type: 'digest',
          digest: {
            id: alert.id,
            due_at: alert.created_at,
            alerts: [alert, sampleAlert()],
            notices: [sampleNotice()],
          },
        };
    }
  }
}

function sampleNotice(): Notice {
  const { id, source_url, user_query_id, raw_query, created_at } = sampleAlert();
  return {
    id,
    kind: 'failing',
    source_id: id,
    source_url,
    user_query_id,
    raw_query,
    channel_id: null,
    channel: null,
    outcome: 'blocked',
    detail: 'This is a sample: the site answered 403.',
    occurred_at: created_at,
    created_at,
  };
}

const listed = (variables: readonly Variable[], within: string[] = []): TemplateVariable[] =>
  variables.flatMap(({ name, description, items }) => [
    { name, description, within },
    ...(items ? listed(items, [...within, name]) : []),
  ]);
