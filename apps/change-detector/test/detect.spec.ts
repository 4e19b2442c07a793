import { randomUUID } from 'node:crypto';
import { EMBEDDER, LANGUAGE_MODEL, LocalEmbedder } from '@torale/ai';
import {
  AppError,
  CHANGE_DETECTOR_API,
  CONTENT_PROCESSOR_API,
  changeDetectorContract,
  type Block,
  type ChangeDetectorApi,
  type Evidence,
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

const secret = 'a secret of these tests, 32 characters or more';
const sentence = 'Tell me when the price at http://127.0.0.1/product drops below $500';

const blocksOf = (...texts: string[]): Block[] =>
  texts.map((text) => ({ kind: 'paragraph', text, path: ['Aurora X2 camera'], hash: text }));
const product = (price: string) =>
  blocksOf('A camera for night skies.', price, 'In stock. Free shipping on orders over $75.');

type Query = Parameters<typeof insertUserQuery>[1];

interface Subject {
  database: Database;
  close(): Promise<void>;
}

function behavesAsDetector(open: () => Promise<Subject>) {
  let subject: Subject;
  let database: Database;
  let app: Awaited<ReturnType<typeof createTestApplication>>;
  let detector: ChangeDetectorApi;
  let embedder: LocalEmbedder;
  let failNextCommit = false;

  beforeAll(async () => {
    subject = await open();
    embedder = await LocalEmbedder.load();
    database = subject.database;
    const dying: Database = {
      ...database,
      transaction: (work) =>
        database.transaction(async (transaction) => {
          const result = await work(transaction);
          if (failNextCommit) {
            failNextCommit = false;
            throw new Error('the process died here');
          }
          return result;
        }),
    };
    app = await createTestApplication({
      name: 'change-detector',
      module: ChangeDetectorHttpModule,
      config: [changeDetectorConfig, serviceTokenConfig],
      environment: { SERVICE_TOKEN_SECRET: secret },
      providers: [
        { provide: DATABASE, useValue: dying },
        { provide: EMBEDDER, useValue: embedder },
        { provide: LANGUAGE_MODEL, useValue: null },
        { provide: CONTENT_PROCESSOR_API, useValue: null },
      ],
    });
    detector = app.get<ChangeDetectorApi>(CHANGE_DETECTOR_API);
  }, 60_000);
  afterAll(async () => {
    await app.close();
    await subject.close();
  });

  async function watched(before: Block[] | null, query: Query = {}) {
    const { id: user_query_id } = await insertUserQuery(database, { raw_query: sentence, ...query });
    return { user_query_id, ...(await judgedSource(user_query_id, before)) };
  }
  async function judgedSource(user_query_id: string, before: Block[] | null) {
    const source = await insertSource(database, {
      user_query_id,
      consecutive_failures: 2,
      last_error: 'down',
    });
    if (before) {
      const { id } = await insertContent(database, { source_id: source.id, blocks: before });
      await database.kysely
        .updateTable('monitored_sources')
        .set({ judged_content_id: id })
        .where('id', '=', source.id)
        .execute();
    }
    return { source_id: source.id };
  }
  async function arrival(source_id: string, after: Block[]) {
    const { id: content_id } = await insertContent(database, { source_id, blocks: after });
    const { id: check_id } = await insertCheckRun(database, { source_id, status: 'running' });
    return { check_id, content_id };
  }
  const row = async (table: 'check_runs' | 'monitored_sources' | 'user_queries', id: string) => {
    const { rows } = await sql<
      Record<string, unknown>
    >`select * from ${sql.table(table)} where id = ${id}`.execute(database.kysely);
    return rows[0]!;
  };
  const alertsOf = (queryId: string) =>
    database.kysely.selectFrom('change_alerts').selectAll().where('user_query_id', '=', queryId).execute();
  const eventsOf = (user_id: unknown) =>
    database.kysely
      .selectFrom('events')
      .select(['type', 'data'])
      .where('user_id', '=', user_id as string)
      .orderBy('id')
      .execute();
  const alertEvents = async (alertId: string) => {
    const { rows } =
      await sql`select from events where type = 'alert.created' and data->>'alert_id' = ${alertId}`.execute(
        database.kysely,
      );
    return rows.length;
  };

  it('keeps the first content as a silent baseline', async () => {
    const { user_query_id, source_id } = await watched(null);
    const call = await arrival(source_id, product('$549.00'));
    expect(await detector.detect(call)).toMatchObject({
      verdict: 'baseline',
      alert_id: null,
      severity: null,
    });
    expect(await row('monitored_sources', source_id)).toMatchObject({
      judged_content_id: call.content_id,
      last_outcome: 'ok',
      last_error: null,
      consecutive_failures: 0,
      last_checked_at: expect.any(String),
    });
    expect(await row('check_runs', call.check_id)).toMatchObject({
      status: 'succeeded',
      verdict: 'baseline',
      before_content_id: null,
      after_content_id: call.content_id,
      finished_at: expect.any(String),
    });
    expect(await alertsOf(user_query_id)).toEqual([]);
    const { user_id } = await row('monitored_sources', source_id);
    expect(await eventsOf(user_id)).toMatchObject([
      { type: 'source.checked', data: { verdict: 'baseline' } },
    ]);
  });

  it('reports a condition that is true at the first check as already met', async () => {
    const { user_query_id, source_id } = await watched(null);
    const { alert_id } = await detector.detect(await arrival(source_id, product('$449.00')));
    const [alert] = await alertsOf(user_query_id);
    expect(alert).toMatchObject({
      id: alert_id,
      kind: 'already_met',
      condition_met: true,
      similarity: null,
      summary: 'Price is already $449.00, below $500.',
      evidence: [{ kind: 'unchanged', before: null, after: '$449.00', path: ['Aurora X2 camera'] }],
    });
  });

  describe('after the settings of a source changed', () => {
    async function readAnew(before: Block[], after: Block[], query: Query = {}) {
      const { source_id } = await watched(before, { notify_behavior: 'always', ...query });
      const { id: content_id } = await insertContent(database, {
        source_id,
        blocks: after,
        settings_version: 1,
      });
      const { id: check_id } = await insertCheckRun(database, { source_id, status: 'running' });
      const response = await detector.detect({ check_id, content_id });
      expect(await row('monitored_sources', source_id)).toMatchObject({ judged_content_id: content_id });
      return response;
    }

    it('takes what differs for the new way of reading, not for a change', async () => {
      expect(
        await readAnew(product('$549.00'), blocksOf('Only the price', '$549.00'), {
          raw_query: 'Tell me when anything changes on http://127.0.0.1/product',
        }),
      ).toMatchObject({
        verdict: 'baseline',
        alert_id: null,
        reason: expect.stringContaining('in a new way'),
      });
    });

    it('does not tell again that the condition is true', async () => {
      expect(await readAnew(product('$449.00'), blocksOf('Only the price', '$449.00'))).toMatchObject({
        verdict: 'baseline',
        alert_id: null,
      });
    });

    it('tells of a condition that shows to be true only now', async () => {
      expect(await readAnew(blocksOf('Please enable JavaScript'), product('$449.00'))).toMatchObject({
        verdict: 'alert',
      });
    });
  });

  it('raises one alert with its evidence, completes the query and enqueues one notification', async () => {
    const { user_query_id, source_id } = await watched(product('$549.00'));
    const call = await arrival(source_id, product('$499.00'));
    const response = await detector.detect(call);
    const [alert, ...others] = await alertsOf(user_query_id);
    expect(others).toEqual([]);
    expect(response).toEqual({
      verdict: 'alert',
      alert_id: alert!.id,
      severity: 'high',
      reason: 'The condition became true: Price fell from $549.00 to $499.00, below $500.',
    });
    expect(alert).toMatchObject({
      kind: 'change',
      source_id,
      check_id: call.check_id,
      summary: 'Price fell from $549.00 to $499.00, below $500.',
      condition_met: true,
      judged_by: 'rules',
    });
    expect(alert!.evidence as Evidence[]).toEqual([
      {
        kind: 'edited',
        before: '$549.00',
        after: '$499.00',
        path: ['Aurora X2 camera'],
        source_url: alert!.source_url,
      },
    ]);
    expect(await row('user_queries', user_query_id)).toMatchObject({
      status: 'completed',
      completed_at: expect.any(String),
    });
    expect(await alertEvents(alert!.id)).toBe(1);
    expect(await detector.detect(call)).toEqual(response);
    expect(await alertEvents(alert!.id)).toBe(1);
    const { user_id } = alert!;
    const [notice] = await database.kysely
      .selectFrom('notices')
      .selectAll()
      .where('user_id', '=', user_id)
      .execute();
    expect(notice).toMatchObject({ kind: 'completed', user_query_id, source_id: null });
    expect(await eventsOf(user_id)).toEqual([
      {
        type: 'source.checked',
        data: { source_id, check_id: call.check_id, outcome: 'ok', verdict: 'alert' },
      },
      { type: 'alert.created', data: { alert_id: alert!.id, user_query_id } },
      { type: 'query.completed', data: { notice_id: notice!.id, user_query_id } },
    ]);
  });

  it('gives one alert when one check is judged twice at the same time', async () => {
    const { user_query_id, source_id } = await watched(product('$549.00'), { notify_behavior: 'always' });
    const call = await arrival(source_id, product('$499.00'));
    const responses = await Promise.all([
      detector.detect(call),
      detector.detect(call),
      detector.detect(call),
    ]);
    expect(new Set(responses.map(({ alert_id }) => alert_id)).size).toBe(1);
    const alerts = await alertsOf(user_query_id);
    expect(alerts).toHaveLength(1);
    expect(await alertEvents(alerts[0]!.id)).toBe(1);
    expect(await row('user_queries', user_query_id)).toMatchObject({ status: 'active' });
  });

  it('gives one alert when two sources of a once-query change at the same time', async () => {
    const { user_query_id, source_id } = await watched(product('$549.00'));
    const other = await judgedSource(user_query_id, product('$559.00'));
    const calls = [
      await arrival(source_id, product('$499.00')),
      await arrival(other.source_id, product('$489.00')),
    ];
    const responses = await Promise.all(calls.map((call) => detector.detect(call)));
    expect(responses.map(({ verdict }) => verdict).sort()).toEqual(['alert', 'changed']);
    expect(responses.find(({ verdict }) => verdict === 'changed')!.reason).toContain(
      'No alert, because the query is completed',
    );
    expect(await alertsOf(user_query_id)).toHaveLength(1);
  });

  it('withholds the alert of a paused query and tells it once the query is active again', async () => {
    const { user_query_id, source_id } = await watched(product('$549.00'), { status: 'paused' });
    const call = await arrival(source_id, product('$499.00'));
    expect(await detector.detect(call)).toMatchObject({ verdict: 'changed', alert_id: null });
    await database.kysely
      .updateTable('user_queries')
      .set({ status: 'active' })
      .where('id', '=', user_query_id)
      .execute();
    const { id: check_id } = await insertCheckRun(database, { source_id, status: 'running' });
    expect(await detector.detect({ check_id, content_id: call.content_id })).toMatchObject({
      verdict: 'alert',
    });
  });

  it('leaves nothing behind when the transaction fails, and succeeds afterwards', async () => {
    const { user_query_id, source_id } = await watched(product('$549.00'));
    const before = await row('monitored_sources', source_id);
    const call = await arrival(source_id, product('$499.00'));
    failNextCommit = true;
    await expect(detector.detect(call)).rejects.toThrow('the process died here');
    expect(await alertsOf(user_query_id)).toEqual([]);
    expect(await eventsOf(before['user_id'])).toEqual([]);
    expect(await row('check_runs', call.check_id)).toMatchObject({ status: 'running', verdict: null });
    expect(await row('monitored_sources', source_id)).toEqual(before);
    expect(await row('user_queries', user_query_id)).toMatchObject({ status: 'active' });
    expect(await detector.detect(call)).toMatchObject({ verdict: 'alert' });
    expect(await alertsOf(user_query_id)).toHaveLength(1);
  });

  it('judges noise without an alert and moves the baseline', async () => {
    const page = (views: string, clock: string) =>
      blocksOf('All systems operational.', `${views} people viewed this page`, `Local time: ${clock}`);
    const { user_query_id, source_id } = await watched(page('1204', '09:00:00'), {
      raw_query: 'Tell me when anything changes on http://127.0.0.1/status',
    });
    const call = await arrival(source_id, page('1377', '11:12:13'));
    expect(await detector.detect(call)).toMatchObject({
      verdict: 'noise',
      alert_id: null,
      reason: expect.stringContaining('a counter'),
    });
    expect(await alertsOf(user_query_id)).toEqual([]);
    expect(await row('monitored_sources', source_id)).toMatchObject({ judged_content_id: call.content_id });
  });

  it('refuses a check or a content that is not there', async () => {
    const { source_id } = await watched(product('$549.00'));
    const { check_id, content_id } = await arrival(source_id, product('$499.00'));
    const other = await insertContent(database);
    await expect(detector.detect({ check_id: randomUUID(), content_id })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(detector.detect({ check_id, content_id: other.id })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await row('check_runs', check_id)).toMatchObject({ status: 'running' });
  });

  it('refuses a check that ended without a verdict', async () => {
    const { source_id } = await watched(product('$549.00'));
    const { content_id } = await insertContent(database, { source_id }).then(({ id }) => ({
      content_id: id,
    }));
    const { id: check_id } = await insertCheckRun(database, {
      source_id,
      status: 'failed',
      reason: 'The site is down.',
    });
    await expect(detector.detect({ check_id, content_id })).rejects.toMatchObject({
      code: 'conflict',
      message: 'The site is down.',
    });
  });

  it('answers other services by the contract, and nobody else', async () => {
    const { source_id } = await watched(product('$549.00'));
    const call = await arrival(source_id, product('$499.00'));
    const baseUrl = await app.getUrl();
    const refused = await fetch(`${baseUrl}/detect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(call),
    });
    expect(refused.status).toBe(401);
    const client = createServiceClient(changeDetectorContract, { baseUrl, secret, caller: 'worker' });
    const response = await client.detect(call);
    expect(changeDetectorContract.endpoints.detect.response.parse(response)).toEqual(response);
    expect(response.verdict).toBe('alert');
    await expect(client.detect({ ...call, check_id: randomUUID() })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  describe('vectors', () => {
    // Two rivals for one place, so that words alone do not pair them and the embedder is asked.
    const before = blocksOf('The harbour opens to visitors in spring', 'Parking is free at the station');
    const after = blocksOf(
      'Guests may enter the port from April',
      'Cars are left without charge near the trains',
    );

    async function change() {
      const { source_id } = await watched(before, { raw_query: 'Tell me what changes about the harbour' });
      return { source_id, call: await arrival(source_id, after) };
    }

    it('that are stored are not asked for again', async () => {
      const asked = async (storeFirst: boolean) => {
        const { source_id, call } = await change();
        if (storeFirst) await storeVectors(source_id, call.content_id, [...before, ...after]);
        const embed = jest.spyOn(embedder, 'embed');
        const { verdict } = await detector.detect(call);
        const texts = embed.mock.calls.flatMap(([list]) => [...list]);
        embed.mockRestore();
        return {
          verdict,
          texts: texts.filter((text) => [...before, ...after].some((block) => block.text === text)),
        };
      };
      const fresh = await asked(false);
      expect(fresh.texts).toEqual(expect.arrayContaining(after.map(({ text }) => text)));
      expect(await asked(true)).toEqual({ verdict: fresh.verdict, texts: [] });
    });

    it('are done without when the embedder is down', async () => {
      const { call } = await change();
      const down = new AppError('service_unavailable', 'The embedding model cannot be reached');
      const embed = jest.spyOn(embedder, 'embed').mockRejectedValue(down);
      expect(await detector.detect(call)).toMatchObject({ verdict: expect.stringMatching(/alert|changed/) });
      expect(embed).toHaveBeenCalled();
      embed.mockRestore();
    });

    async function storeVectors(source_id: string, content_id: string, blocks: Block[]) {
      const vectors = await embedder.embed(blocks.map(({ text }) => text));
      const { user_id } = await database.kysely
        .selectFrom('monitored_sources')
        .select('user_id')
        .where('id', '=', source_id)
        .executeTakeFirstOrThrow();
      await database.kysely
        .insertInto('content_embeddings')
        .values(
          blocks.map(({ hash }, index) => ({
            user_id,
            source_id,
            content_id,
            block_hash: hash,
            model: embedder.model,
            dimensions: embedder.dimensions,
            embedding: `[${vectors[index]!.join(',')}]`,
          })),
        )
        .execute();
    }
  });

  describe('judging one content', () => {
    const judge = (raw_query: string, condition: string | null, ...texts: string[]) =>
      detector.conditionState({
        raw_query,
        condition,
        source_url: 'http://127.0.0.1/product',
        content: { title: 'Aurora X2', blocks: blocksOf(...texts), fetched_at: '2026-11-22T10:00:00.000Z' },
      });

    it.each([
      [
        'a price below the bound',
        sentence,
        ['$499.00'],
        true,
        'Price is already $499.00, below $500.',
        '$499.00',
      ],
      ['a price above it', sentence, ['$549.00'], false, 'Price is $549.00, not below $500.', '$549.00'],
      ['no price at all', sentence, ['A camera'], null, 'No price to compare with $500 was found.', null],
      [
        'a movement, which shows in the next content',
        'Tell me when the price at http://127.0.0.1/product drops',
        ['$549.00'],
        null,
        'Price is $549.00.',
        '$549.00',
      ],
    ])('%s', async (_name, raw_query, texts, met, reason, evidence) => {
      const { condition } = await judge(raw_query, null, ...texts);
      expect(condition).toMatchObject({ met, reason });
      expect(condition!.evidence).toEqual(
        evidence && {
          kind: 'unchanged',
          before: null,
          after: evidence,
          path: ['Aurora X2 camera'],
          source_url: 'http://127.0.0.1/product',
        },
      );
    });

    it('takes the condition beside the sentence, and knows when there is none', async () => {
      const sold = await judge('Watch http://127.0.0.1/product', 'it is sold out', 'Sold out');
      expect(sold.condition).toMatchObject({ met: true });
      expect((await judge('Watch http://127.0.0.1/product', null, 'Sold out')).condition).toBeNull();
    });

    it('records nothing and takes pages far larger than other requests', async () => {
      const baseUrl = await app.getUrl();
      const client = createServiceClient(changeDetectorContract, { baseUrl, secret, caller: 'gateway' });
      const lines = Array.from({ length: 15_000 }, (_, i) => `Line ${i} says nothing of the matter at hand`);
      const { condition } = await client.conditionState({
        raw_query: sentence,
        condition: null,
        source_url: 'http://127.0.0.1/product',
        content: {
          title: null,
          blocks: blocksOf(...lines, '$499.00'),
          fetched_at: '2026-11-22T10:00:00.000Z',
        },
      });
      expect(condition).toMatchObject({ met: true });
      const { rows } = await sql<{ count: number }>`select count(*) from change_alerts
      where evidence::text like '%nothing of the matter%'`.execute(database.kysely);
      expect(rows[0]!.count).toBe(0);
    });
  });
}

describe('detect on PGlite', () => {
  behavesAsDetector(async () => {
    const { database, close } = await createTestDatabase();
    return { database, close };
  });
});

(hasPostgres ? describe : describe.skip)('detect on Postgres', () => {
  behavesAsDetector(async () => {
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
