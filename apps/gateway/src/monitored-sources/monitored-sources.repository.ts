import {
  type DiscoveredSource,
  extractionSchema,
  type MonitoredSource,
  type Page,
  type PageQuery,
  type UpdateMonitoredSource,
} from '@torale/contracts';
import type { Transaction } from '@torale/database';
import { nextCheck, scheduleOf, type StoredSchedule } from '@torale/schedule';
import { sql } from 'kysely';
import { readPage } from '../paging/page.repository.ts';
import type { StoredSettings } from './source-settings.ts';

const columns = [
  'id',
  'user_query_id',
  'url',
  'kind',
  'title',
  'origin',
  'reason',
  'status',
  'thresholds',
  'next_check_at',
  'last_checked_at',
  'last_outcome',
  'last_error',
  'consecutive_failures',
  'failing_since',
  'request',
  'respect_robots',
  'render_mode',
  'render_actions',
  'screenshot',
  'extraction',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof MonitoredSource)[];

export type NewSource = Pick<DiscoveredSource, 'url' | 'kind' | 'title' | 'origin'> & {
  reason: string | null;
  settings?: StoredSettings;
};

/**
 * The sources in the order given, without those whose URL the query already has. They are due for the first time as
 * `timing` says, because a first check of each is requested at once.
 */
export async function insertSources(
  transaction: Transaction,
  userQueryId: string,
  sources: readonly NewSource[],
  timing: StoredSchedule,
): Promise<MonitoredSource[]> {
  const schedule = scheduleOf(timing);
  const now = new Date();
  const rows = await transaction
    .insertInto('monitored_sources')
    .values(
      sources.map(({ url, kind, title, origin, reason, settings = {} }) => ({
        user_query_id: userQueryId,
        url,
        kind,
        title,
        origin,
        reason,
        next_check_at: nextCheck(schedule, now, now, Math.random).check_at,
        ...columnsOf(settings),
      })),
    )
    .onConflict((conflict) => conflict.columns(['user_query_id', 'url']).doNothing())
    .returning(columns)
    .$castTo<MonitoredSource>()
    .execute();
  return rows.map(withAllExtraction);
}

export async function listSources(
  transaction: Transaction,
  page: PageQuery & { user_query_id?: string | undefined },
): Promise<Page<MonitoredSource>> {
  let query = transaction.selectFrom('monitored_sources').select(columns).$castTo<MonitoredSource>();
  if (page.user_query_id !== undefined) query = query.where('user_query_id', '=', page.user_query_id);
  const { data, next_cursor } = await readPage(query, page);
  return { data: data.map(withAllExtraction), next_cursor };
}

/** Oldest first. */
export async function sourcesOfQuery(
  transaction: Transaction,
  userQueryId: string,
): Promise<MonitoredSource[]> {
  const rows = await transaction
    .selectFrom('monitored_sources')
    .select(columns)
    .where('user_query_id', '=', userQueryId)
    .orderBy('created_at')
    .orderBy('id')
    .$castTo<MonitoredSource>()
    .execute();
  return rows.map(withAllExtraction);
}

export async function findSource(transaction: Transaction, id: string): Promise<MonitoredSource | undefined> {
  const row = await transaction
    .selectFrom('monitored_sources')
    .select(columns)
    .where('id', '=', id)
    .$castTo<MonitoredSource>()
    .executeTakeFirst();
  return row && withAllExtraction(row);
}

/** A source that is resumed is due at once, and so is one that is fetched or read in another way from now on. */
export async function updateSource(
  transaction: Transaction,
  id: string,
  { status, title, thresholds }: Pick<UpdateMonitoredSource, 'status' | 'title' | 'thresholds'>,
  settings: StoredSettings,
): Promise<MonitoredSource | undefined> {
  const row = await transaction
    .updateTable('monitored_sources')
    .set({
      ...(title !== undefined && { title }),
      ...(status !== undefined && { status }),
      ...(thresholds && { thresholds: JSON.stringify(thresholds) }),
      ...(status === 'active' && {
        next_check_at: sql<string>`case when status = 'active' then next_check_at else now() end`,
      }),
      ...(Object.keys(settings).length > 0 && { ...columnsOf(settings), next_check_at: sql<string>`now()` }),
    })
    .where('id', '=', id)
    .returning(columns)
    .$castTo<MonitoredSource>()
    .executeTakeFirst();
  return row && withAllExtraction(row);
}

const columnsOf = ({ request, render_actions, extraction, ...plain }: StoredSettings) => ({
  ...plain,
  ...(request !== undefined && { request: request && JSON.stringify(request) }),
  ...(render_actions && { render_actions: JSON.stringify(render_actions) }),
  ...(extraction && { extraction: JSON.stringify(extraction) }),
});

const noExtraction = extractionSchema.parse({});

/** Stored is only what somebody said. */
const withAllExtraction = (source: MonitoredSource): MonitoredSource => ({
  ...source,
  extraction: { ...noExtraction, ...source.extraction },
});

/** False when there is none. */
export async function deleteSource(transaction: Transaction, id: string): Promise<boolean> {
  const deleted = await transaction
    .deleteFrom('monitored_sources')
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}

/**
 * After the query was activated, or is to be checked at other times. `nextAfter` says when a source is checked next, by
 * when it was last; what is due already stays so.
 */
export async function rescheduleSources(
  transaction: Transaction,
  userQueryId: string,
  nextAfter: (last: string) => Date,
): Promise<void> {
  const sources = await transaction
    .selectFrom('monitored_sources')
    .select(['id', 'last_checked_at', 'created_at'])
    .where('user_query_id', '=', userQueryId)
    .where('status', '=', 'active')
    .where('next_check_at', '>', sql<string>`now()`)
    .forNoKeyUpdate()
    .execute();
  const moved = sources.map(({ id, last_checked_at, created_at }) => ({
    id,
    next_check_at: nextAfter(last_checked_at ?? created_at),
  }));
  await sql`
    update monitored_sources source set next_check_at = moved.next_check_at
    from jsonb_to_recordset(${JSON.stringify(moved)}::jsonb) as moved(id uuid, next_check_at timestamptz)
    where source.id = moved.id
  `.execute(transaction);
}
