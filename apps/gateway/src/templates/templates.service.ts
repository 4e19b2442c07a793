import { Inject, Injectable } from '@nestjs/common';
import {
  type MessageTemplates,
  NOTIFICATIONS_API,
  type NotificationsApi,
  type NotificationTemplates,
  type PreviewTemplate,
  type RenderedTemplate,
  type TemplateKind,
} from '@torale/contracts';
import { USER_DATABASE, type UserDatabase } from '@torale/database';
import type { Caller } from '../auth/caller.ts';
import {
  deleteTemplates,
  findTemplates,
  type StoredTemplates,
  storeTemplates,
} from './templates.repository.ts';

/** The words that users choose. What is a template, and what comes of it, notifications knows. */
@Injectable()
export class TemplatesService {
  constructor(
    @Inject(USER_DATABASE) private readonly database: UserDatabase,
    @Inject(NOTIFICATIONS_API) private readonly notifications: NotificationsApi,
  ) {}

  async get(caller: Caller, kind: TemplateKind): Promise<NotificationTemplates> {
    const stored = await this.database.asUser(caller.claims, (transaction) =>
      findTemplates(transaction, kind),
    );
    return this.describe(kind, stored);
  }

  /** Rejects with `invalid_request` for bad syntax and unknown variables. */
  async put(caller: Caller, kind: TemplateKind, templates: MessageTemplates): Promise<NotificationTemplates> {
    await this.notifications.checkTemplates(templates);
    const stored = await this.database.asUser(caller.claims, (transaction) =>
      storeTemplates(transaction, kind, templates),
    );
    return this.describe(kind, stored);
  }

  async delete(caller: Caller, kind: TemplateKind): Promise<void> {
    await this.database.asUser(caller.claims, (transaction) => deleteTemplates(transaction, kind));
  }

  preview(caller: Caller, preview: PreviewTemplate): Promise<RenderedTemplate> {
    return this.notifications.previewTemplate({ ...preview, user_id: caller.claims.sub });
  }

  private async describe(
    kind: TemplateKind,
    stored: StoredTemplates | undefined,
  ): Promise<NotificationTemplates> {
    const { alert = null, notice = null, digest = null } = stored?.templates ?? {};
    return {
      kind,
      templates: { alert, notice, digest },
      updated_at: stored?.updated_at ?? null,
      ...(await this.notifications.templateGuide({ kind })),
    };
  }
}
