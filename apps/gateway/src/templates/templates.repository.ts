import type { MessageTemplates, TemplateKind } from '@torale/contracts';
import type { Transaction } from '@torale/database';

export interface StoredTemplates {
  templates: MessageTemplates;
  updated_at: string;
}

/** The caller's; row level security leaves one row at most. */
export async function findTemplates(
  transaction: Transaction,
  kind: TemplateKind,
): Promise<StoredTemplates | undefined> {
  return transaction
    .selectFrom('notification_templates')
    .select(['templates', 'updated_at'])
    .where('kind', '=', kind)
    .executeTakeFirst();
}

export async function storeTemplates(
  transaction: Transaction,
  kind: TemplateKind,
  templates: MessageTemplates,
): Promise<StoredTemplates> {
  const json = JSON.stringify(templates);
  return transaction
    .insertInto('notification_templates')
    .values({ kind, templates: json })
    .onConflict((conflict) => conflict.columns(['user_id', 'kind']).doUpdateSet({ templates: json }))
    .returning(['templates', 'updated_at'])
    .executeTakeFirstOrThrow();
}

export async function deleteTemplates(transaction: Transaction, kind: TemplateKind): Promise<void> {
  await transaction.deleteFrom('notification_templates').where('kind', '=', kind).execute();
}
