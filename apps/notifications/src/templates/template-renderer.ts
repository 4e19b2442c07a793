import { Inject, Injectable, Logger } from '@nestjs/common';
import { type ChannelKind, type ConfigOf, type MessageTemplate, severitySchema } from '@torale/contracts';
import type { OutgoingMessage } from '../channels/delivery-channel.ts';
import type { Told } from '../channels/told.ts';
import { notificationsConfig } from '../notifications.config.ts';
import { UnsubscribeLinks } from '../unsubscribe/unsubscribe-links.ts';
import { TemplateFault } from './bounded-template.ts';
import type { Fits, MessageRenderer, Rendered } from './message-renderer.ts';
import { type Links, queryIdOf } from './message-view.ts';
import { renderMessage, type Words } from './render-message.ts';
import { TemplatesRepository } from './templates.repository.ts';

/** Words by Mustache: the user's templates where they have some, else Torale's. */
@Injectable()
export class TemplateRenderer implements MessageRenderer {
  private readonly logger = new Logger(TemplateRenderer.name);

  constructor(
    @Inject(TemplatesRepository) private readonly templates: TemplatesRepository,
    @Inject(UnsubscribeLinks) private readonly unsubscribe: UnsubscribeLinks,
    @Inject(notificationsConfig.token) private readonly config: ConfigOf<typeof notificationsConfig>,
  ) {}

  async render(
    kind: ChannelKind,
    { user_id, channel_id, told }: Pick<OutgoingMessage, 'user_id' | 'channel_id' | 'told'>,
    fits?: Fits,
  ): Promise<Rendered> {
    const ends = kind === 'email' && told.type !== 'verification';
    const unsubscribeUrl = ends ? await this.unsubscribe.urlOf(user_id, channel_id, queryIdOf(told)) : null;
    const links: Links = { publicUrl: this.config.PUBLIC_URL ?? null, unsubscribeUrl };
    return {
      ...this.words(kind, told, links, await this.templateFor(user_id, kind, told), fits),
      url: urlOf(told),
      severity: severityOf(told),
      unsubscribe_url: unsubscribeUrl,
    };
  }

  private async templateFor(userId: string, kind: ChannelKind, told: Told): Promise<MessageTemplate | null> {
    if (kind === 'webhook' || told.type === 'verification') return null;
    return (await this.templates.find(userId, kind))[told.type] ?? null;
  }

  /** A template that is not fit, or no longer, costs its words and not the message. */
  private words(
    kind: ChannelKind,
    told: Told,
    links: Links,
    template: MessageTemplate | null,
    fits?: Fits,
  ): Words {
    try {
      return renderMessage(kind, told, links, template, fits);
    } catch (error) {
      if (!template || !(error instanceof TemplateFault || error instanceof RangeError)) throw error;
      this.logger.warn({ err: error, kind, about: told.type }, 'A template of a user is not fit');
      return renderMessage(kind, told, links, null, fits);
    }
  }
}

function urlOf(told: Told): string | null {
  const url =
    told.type === 'alert' ? told.alert.source_url : told.type === 'notice' ? told.notice.source_url : null;
  return url !== null && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : null;
}

function severityOf(told: Told) {
  if (told.type === 'alert') return told.alert.severity;
  if (told.type !== 'digest') return null;
  const severities = told.digest.alerts.map(({ severity }) => severity);
  return severitySchema.options.findLast((severity) => severities.includes(severity)) ?? null;
}
