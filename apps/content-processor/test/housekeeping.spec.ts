import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Embedder } from '@torale/ai';
import { insertAlert, insertCheckRun, insertContent, insertSource, insertUserQuery } from '@torale/testing';
import { sql } from 'kysely';
import { ContentProcessorFixture } from './content-processor-fixture.ts';

let fixture: ContentProcessorFixture;
beforeAll(async () => {
  fixture = await ContentProcessorFixture.start({ RETENTION_CONTENTS: '5', RETENTION_DAYS: '30' });
});
afterAll(() => fixture.close());

const html = { 'content-type': 'text/html' };
const page = (price: number) =>
  `<main><h1>Lumen 40</h1><p>Two years of warranty</p><p>Price: $${price}</p></main>`;
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
const housekeep = () => fixture.api.housekeep(undefined);
const kysely = () => fixture.database.database.kysely;

interface Ages {
  /** How many days ago each content was fetched. */
  days: number[];
  retention?: { retention_contents?: number; retention_days?: number };
}

/** A source with contents of these ages; their ids in the same order. The first is what stands. */
async function sourceWith({ days, retention = {} }: Ages) {
  const query = await insertUserQuery(fixture.database.database, retention);
  const source = await insertSource(fixture.database.database, { user_query_id: query.id });
  const ids: string[] = [];
  for (const age of days) {
    const { id } = await insertContent(fixture.database.database, {
      source_id: source.id,
      fetched_at: daysAgo(age),
    });
    ids.push(id);
  }
  await kysely()
    .updateTable('monitored_sources')
    .set({ latest_content_id: ids[0]!, judged_content_id: ids[0]! })
    .where('id', '=', source.id)
    .execute();
  return { source_id: source.id, ids };
}

/** Which of the contents are left, by their place in `ids`. */
async function left({ source_id, ids }: { source_id: string; ids: string[] }): Promise<number[]> {
  const rows = await fixture.contents(source_id);
  return rows.map(({ id }) => ids.indexOf(id)).sort((a, b) => a - b);
}

describe('retention', () => {
  test.each<[string, Ages, number[]]>([
    ['the newest so many', { days: [0, 1, 2, 3, 4, 5, 6] }, [0, 1, 2, 3, 4]],
    ['so many days', { days: [0, 29, 31, 100] }, [0, 1]],
    ['as many as the query says', { days: [0, 1, 2, 3], retention: { retention_contents: 2 } }, [0, 1]],
    ['as long as the query says', { days: [0, 5, 8, 400], retention: { retention_days: 7 } }, [0, 1]],
    [
      'more than configured, when the query says so',
      { days: [0, 1, 2, 3, 4, 5, 200], retention: { retention_contents: 100, retention_days: 365 } },
      [0, 1, 2, 3, 4, 5, 6],
    ],
    ['what stands, however old', { days: [500] }, [0]],
  ])('keeps %s', async (_name, ages, expected) => {
    const source = await sourceWith(ages);
    await housekeep();
    expect(await left(source)).toEqual(expected);
  });

  test('keeps what was judged last and what an alert cites, before and after', async () => {
    const source = await sourceWith({ days: [0, 300, 400, 500, 600] });
    const [latest, judged, after, before] = source.ids as [string, string, string, string];
    await kysely()
      .updateTable('monitored_sources')
      .set({ latest_content_id: latest, judged_content_id: judged })
      .where('id', '=', source.source_id)
      .execute();
    const check = await insertCheckRun(fixture.database.database, {
      source_id: source.source_id,
      status: 'succeeded',
      before_content_id: before,
      after_content_id: after,
    });
    await insertAlert(fixture.database.database, { source_id: source.source_id, check_id: check.id });
    // A check without an alert cites nothing.
    await insertCheckRun(fixture.database.database, {
      source_id: source.source_id,
      status: 'succeeded',
      after_content_id: source.ids[4]!,
    });
    await housekeep();
    expect(await left(source)).toEqual([0, 1, 2, 3]);
  });

  test('leaves a source alone that is being checked', async () => {
    const source = await sourceWith({ days: [0, 300] });
    const check = await insertCheckRun(fixture.database.database, {
      source_id: source.source_id,
      status: 'running',
    });
    await housekeep();
    expect(await left(source)).toEqual([0, 1]);
    await kysely().updateTable('check_runs').set({ status: 'failed' }).where('id', '=', check.id).execute();
    expect(await housekeep()).toMatchObject({ deleted_contents: 1 });
    expect(await left(source)).toEqual([0]);
  });

  test('a second run has nothing to do', async () => {
    await housekeep();
    expect(await housekeep()).toMatchObject({ deleted_contents: 0 });
  });

  test('blocks that still stand keep their vectors when the content goes that had them first', async () => {
    const source = await fixture.source('/vectors');
    const contents: string[] = [];
    for (const price of [90, 80]) {
      fixture.site.set('/vectors', { headers: html, body: page(price) });
      contents.push((await fixture.api.process({ source_id: source })).content_id!);
    }
    await kysely()
      .updateTable('scraped_contents')
      .set({ fetched_at: daysAgo(100) })
      .where('id', '=', contents[0]!)
      .execute();
    const before = await fixture.embeddings(source);
    expect(before).toHaveLength(4);
    await housekeep();
    const standing = (await fixture.contents(source)).map(({ id, blocks }) => ({
      id,
      hashes: blocks.map(({ hash }) => hash),
    }));
    expect(standing).toEqual([{ id: contents[1], hashes: expect.any(Array) }]);
    const after = await fixture.embeddings(source);
    expect(after.map(({ block_hash }) => block_hash).sort()).toEqual(standing[0]!.hashes.sort());
    expect(after.every(({ content_id }) => content_id === contents[1])).toBe(true);
  });
});

describe('snapshots', () => {
  const folder = () => join(fixture.dataDirectory, 'snapshots');
  const filesOf = (sourceId: string) => readdir(join(folder(), sourceId)).catch(() => []);
  const unreferencedFor = (age: string) =>
    sql`update unreferenced_snapshots set since = now() - ${age}::interval`.execute(kysely());

  beforeAll(async () => {
    await unreferencedFor('2 hours');
    await housekeep();
  });

  async function snapshotted(path: string) {
    fixture.site.set(path, { headers: html, body: page(70) });
    const source = await fixture.source(path);
    const { content_id } = await fixture.api.process({ source_id: source });
    return { source, content_id: content_id! };
  }

  test('go with their content, however it goes', async () => {
    const byContent = await snapshotted('/by-content');
    const byAccount = await snapshotted('/by-account');
    const stays = await snapshotted('/stays');
    await kysely().deleteFrom('scraped_contents').where('id', '=', byContent.content_id).execute();
    const { user_id } = await fixture.sourceRow(byAccount.source);
    await sql`delete from auth.users where id = ${user_id}`.execute(kysely());
    await unreferencedFor('59 minutes');
    expect(await housekeep()).toMatchObject({ deleted_snapshots: 0 });
    await unreferencedFor('61 minutes');
    expect(await housekeep()).toMatchObject({ deleted_snapshots: 2 });
    expect(await filesOf(byContent.source)).toEqual([]);
    expect(await filesOf(byAccount.source)).toEqual([]);
    expect(await filesOf(stays.source)).toHaveLength(1);
    expect(await fixture.api.getSnapshot({ id: stays.content_id })).toMatchObject({
      content_type: 'text/html',
    });
  });

  test('that a crash left behind are swept away too', async () => {
    const store = jest.spyOn(fixture.embedder, 'embed').mockImplementationOnce(async () => {
      // The last thing before the transaction: what dies here has put the snapshot and refers to it nowhere.
      await sql`delete from monitored_sources where id = ${source}`.execute(kysely());
      return [];
    });
    fixture.site.set('/crash', { headers: html, body: page(60) });
    const source = await fixture.source('/crash');
    await expect(fixture.api.process({ source_id: source })).rejects.toMatchObject({ code: 'not_found' });
    store.mockRestore();
    expect(await filesOf(source)).toHaveLength(1);
    await unreferencedFor('2 hours');
    expect(await housekeep()).toMatchObject({ deleted_snapshots: 1 });
    expect(await filesOf(source)).toEqual([]);
  });
});

describe('re-embedding', () => {
  /** Another embedder takes over, as after a restart with another EMBEDDING_MODEL. */
  async function changeModel(model: string, work: () => Promise<void>) {
    const embedder = fixture.embedder as { -readonly [K in keyof Embedder]: Embedder[K] };
    const own = embedder.model;
    embedder.model = model;
    try {
      await work();
    } finally {
      embedder.model = own;
    }
  }

  test('what stands and what was judged gets the vectors of the new model beside the old ones, once', async () => {
    fixture.site.set('/model', { headers: html, body: page(50) });
    const source = await fixture.source('/model');
    const judged = (await fixture.api.process({ source_id: source })).content_id!;
    await kysely()
      .updateTable('monitored_sources')
      .set({ judged_content_id: judged })
      .where('id', '=', source)
      .execute();
    fixture.site.set('/model', { headers: html, body: page(40) });
    await fixture.api.process({ source_id: source });
    expect((await housekeep()).sources_to_reembed).not.toContain(source);

    await changeModel('another-model', async () => {
      expect((await housekeep()).sources_to_reembed).toContain(source);
      expect(await fixture.api.reembed({ source_id: source })).toEqual({ embedded_blocks: 4 });
      expect(await fixture.api.reembed({ source_id: source })).toEqual({ embedded_blocks: 0 });
      expect((await housekeep()).sources_to_reembed).not.toContain(source);
    });
    const byModel = Map.groupBy(await fixture.embeddings(source), ({ model }) => model);
    expect([...byModel].map(([model, rows]) => [model, rows.length]).sort()).toEqual(
      [
        [fixture.embedder.model, 4],
        ['another-model', 4],
      ].sort(),
    );
    expect(byModel.get('another-model')!.every(({ dimensions }) => dimensions === 100)).toBe(true);
  });

  test('fails when the embedder does, to be tried again', async () => {
    fixture.site.set('/later', { headers: html, body: page(30) });
    const source = await fixture.source('/later');
    await fixture.api.process({ source_id: source });
    await changeModel('a-model-that-is-down', async () => {
      const embed = jest
        .spyOn(fixture.embedder, 'embed')
        .mockRejectedValueOnce(new Error('no vectors today'));
      await expect(fixture.api.reembed({ source_id: source })).rejects.toThrow('no vectors today');
      embed.mockRestore();
      expect(await fixture.api.reembed({ source_id: source })).toEqual({ embedded_blocks: 3 });
    });
  });

  test('a source that is gone has nothing to embed', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000';
    expect(await fixture.api.reembed({ source_id: nobody })).toEqual({ embedded_blocks: 0 });
  });
});
