import { randomUUID } from 'node:crypto';
import { EMBEDDER, LANGUAGE_MODEL, LocalEmbedder, type LanguageModel } from '@torale/ai';
import {
  AppError,
  changeDetectorContract,
  CONTENT_PROCESSOR_API,
  type Block,
  type ChangeDetectorApi,
  type ContentProcessorApi,
  type DetectResponse,
  type Explanation,
} from '@torale/contracts';
import { DATABASE, openPostgres, type Database } from '@torale/database';
import { createServiceClient } from '@torale/service-client';
import { createTestApplication, serviceTokenConfig } from '@torale/service-host';
import {
  createTestDatabase,
  hasPostgres,
  insertCheckRun,
  insertContent,
  insertSource,
  insertUserQuery,
  startPostgres,
} from '@torale/testing';
import { sql } from 'kysely';
import { changeDetectorConfig, ChangeDetectorHttpModule } from '../src/index.ts';

export interface OpenedDatabase {
  database: Database;
  close(): Promise<void>;
}

/** Declares the tests once for PGlite and once for Postgres. */
export function onBothDatabases(what: string, declare: (open: () => Promise<OpenedDatabase>) => void): void {
  describe(`${what} on PGlite`, () => {
    declare(async () => {
      const { database, close } = await createTestDatabase();
      return { database, close };
    });
  });
  (hasPostgres ? describe : describe.skip)(`${what} on Postgres`, () => {
    declare(async () => {
      const cluster = await startPostgres();
      const database = openPostgres({ url: cluster.url, poolSize: 5 });
      return {
        database,
        close: async () => {
          await database.close();
          await cluster.stop();
        },
      };
    });
  });
}

export const secret = 'a secret of these tests, 32 characters or more';

export const blocksOf = (...texts: string[]): Block[] => blocksUnder('Aurora X2 camera', ...texts);
export const blocksUnder = (heading: string, ...texts: string[]): Block[] =>
  texts.map((text) => ({ kind: 'paragraph', text, path: [heading], hash: text }));

/** Reads as much HTML as these tests hold; the real one is tested where it lives, and with this in standalone. */
const contentProcessor: Pick<ContentProcessorApi, 'extract'> = {
  extract({ html }) {
    const texts = [...html.matchAll(/<p>(.*?)<\/p>/g)].map(([, text]) => text!);
    if (texts.length === 0) return Promise.reject(new AppError('invalid_request', 'The page holds no text'));
    return Promise.resolve({ title: 'Aurora X2', blocks: blocksOf(...texts) });
  },
};

type Query = NonNullable<Parameters<typeof insertUserQuery>[1]>;

/** change-detector over HTTP, as the worker sees it. */
export class DetectorFixture {
  private constructor(
    readonly database: Database,
    readonly baseUrl: string,
    readonly detector: ChangeDetectorApi,
    readonly close: () => Promise<void>,
  ) {}

  static async start(
    { database }: OpenedDatabase,
    {
      languageModel = null,
      environment = {},
    }: { languageModel?: LanguageModel | null; environment?: Record<string, string> } = {},
  ): Promise<DetectorFixture> {
    const app = await createTestApplication({
      name: 'change-detector',
      module: ChangeDetectorHttpModule,
      config: [changeDetectorConfig, serviceTokenConfig],
      environment: { SERVICE_TOKEN_SECRET: secret, ...environment },
      providers: [
        { provide: DATABASE, useValue: database },
        { provide: EMBEDDER, useValue: await LocalEmbedder.load() },
        { provide: LANGUAGE_MODEL, useValue: languageModel },
        { provide: CONTENT_PROCESSOR_API, useValue: contentProcessor },
      ],
    });
    const baseUrl = await app.getUrl();
    const detector = createServiceClient(changeDetectorContract, { baseUrl, secret, caller: 'worker' });
    return new DetectorFixture(database, baseUrl, detector, () => app.close());
  }

  /** A sentence; alerts on every change unless said otherwise. */
  async query(overrides: Query): Promise<{ id: string; user_id: string }> {
    return insertUserQuery(this.database, { notify_behavior: 'always', ...overrides });
  }

  /** A source of which `before` was judged. */
  async source(user_query_id: string, before: Block[]): Promise<string> {
    const { id } = await insertSource(this.database, { user_query_id });
    const content = await insertContent(this.database, { source_id: id, blocks: before });
    await this.database.kysely
      .updateTable('monitored_sources')
      .set({ judged_content_id: content.id })
      .where('id', '=', id)
      .execute();
    return id;
  }

  /** The source's next check finds these blocks, read under these settings of it. */
  async check(
    source_id: string,
    after: Block[],
    settings_version = 0,
  ): Promise<DetectResponse & { check_id: string }> {
    const { id: content_id } = await insertContent(this.database, {
      source_id,
      blocks: after,
      content_hash: randomUUID(),
      settings_version,
    });
    const { id: check_id } = await insertCheckRun(this.database, { source_id, status: 'running' });
    return { ...(await this.detector.detect({ check_id, content_id })), check_id };
  }

  alerts(user_query_id: string) {
    return this.database.kysely
      .selectFrom('change_alerts')
      .selectAll()
      .where('user_query_id', '=', user_query_id)
      .orderBy('created_at')
      .execute();
  }

  async explanation(check_id: string): Promise<Explanation> {
    const { explanation } = await this.database.kysely
      .selectFrom('check_runs')
      .select('explanation')
      .where('id', '=', check_id)
      .executeTakeFirstOrThrow();
    return explanation!;
  }

  async notifications(alertId: string): Promise<number> {
    const { rows } =
      await sql`select from events where type = 'alert.created' and data->>'alert_id' = ${alertId}`.execute(
        this.database.kysely,
      );
    return rows.length;
  }
}
