import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Embedder, EMBEDDER, LocalEmbedder } from '@torale/ai';
import { CONTENT_PROCESSOR_API, type ContentProcessorApi } from '@torale/contracts';
import { DATABASE } from '@torale/database';
import { outboundHttpConfig, OutboundHttpModule } from '@torale/outbound-http';
import { createSealer, SEALER } from '@torale/secrets';
import { createTestApplication, serviceTokenConfig } from '@torale/service-host';
import {
  createTestDatabase,
  FakeSite,
  type FakeSiteHandler,
  type FakeSiteResponse,
  insertSource,
  type TestDatabase,
} from '@torale/testing';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { contentProcessorConfig } from '../src/content-processor.config.ts';
import { ContentProcessorHttpModule } from '../src/content-processor.module.ts';
import { SnapshotStoreModule } from '../src/snapshots/snapshot-store.module.ts';
import { snapshotsConfig } from '../src/snapshots/snapshots.config.ts';

export const sealer = createSealer(new Uint8Array(32).fill(7));
export const secret = 'a-secret-of-at-least-thirty-two-characters';

@Module({ imports: [OutboundHttpModule, SnapshotStoreModule, ContentProcessorHttpModule] })
class Container {}

/** The service over HTTP on a real database, with the embedder that ships and a site to fetch from. */
export class ContentProcessorFixture {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly database: TestDatabase,
    readonly site: FakeSite,
    readonly embedder: Embedder,
    readonly dataDirectory: string,
  ) {}

  static async start(environment: NodeJS.ProcessEnv = {}): Promise<ContentProcessorFixture> {
    const [database, site, embedder, dataDirectory] = await Promise.all([
      createTestDatabase(),
      FakeSite.start(),
      LocalEmbedder.load(),
      mkdtemp(join(tmpdir(), 'torale-')),
    ]);
    const app = await createTestApplication({
      name: 'content-processor',
      module: Container,
      config: [contentProcessorConfig, outboundHttpConfig, serviceTokenConfig, snapshotsConfig],
      environment: {
        SERVICE_TOKEN_SECRET: secret,
        OUTBOUND_ALLOW_CIDRS: '127.0.0.0/8',
        EXTRACTION_TIMEOUT_MS: '60000',
        POLITENESS_SPACING_MS: '0',
        POLITENESS_MAX_WAIT_MS: '20000',
        POLITENESS_BACK_OFF_MS: '0',
        TORALE_DATA_DIR: dataDirectory,
        ...environment,
      },
      providers: [
        { provide: DATABASE, useValue: database.database },
        { provide: EMBEDDER, useValue: embedder },
        { provide: SEALER, useValue: sealer },
      ],
    });
    return new ContentProcessorFixture(app, database, site, embedder, dataDirectory);
  }

  get api(): ContentProcessorApi {
    return this.app.get<ContentProcessorApi>(CONTENT_PROCESSOR_API);
  }

  /** A source at a path of the site. */
  async source(path: string): Promise<string> {
    return (await insertSource(this.database.database, { url: this.site.url + path })).id;
  }

  sourceRow(id: string) {
    return this.database.database.kysely
      .selectFrom('monitored_sources')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
  }

  /** The contents that a source had, one after the other, as its events tell. */
  async changes(sourceId: string): Promise<unknown[]> {
    const rows = await this.database.database.kysely
      .selectFrom('events')
      .select('data')
      .where('type', '=', 'content.changed')
      .orderBy('id')
      .execute();
    const changes = rows.map(({ data }) => data as { source_id: string; content_id: string });
    return changes.flatMap(({ source_id, content_id }) => (source_id === sourceId ? [content_id] : []));
  }

  /** Oldest first. */
  contents(sourceId: string) {
    return this.database.database.kysely
      .selectFrom('scraped_contents')
      .selectAll()
      .where('source_id', '=', sourceId)
      .orderBy('created_at')
      .execute();
  }

  embeddings(sourceId: string) {
    return this.database.database.kysely
      .selectFrom('content_embeddings')
      .selectAll()
      .where('source_id', '=', sourceId)
      .execute();
  }

  async close(): Promise<void> {
    await this.app.close();
    await Promise.all([
      this.database.close(),
      this.site.close(),
      rm(this.dataDirectory, { recursive: true }),
    ]);
  }
}

/** Answers 304 to whoever names this ETag. */
export const withETag =
  (etag: string, body: string): FakeSiteHandler =>
  ({ headers }): FakeSiteResponse => {
    if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
    return { headers: { 'content-type': 'text/html', etag }, body };
  };
