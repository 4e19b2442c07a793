import { changeDetectorContract, type Reading } from '@torale/contracts';
import { LOCAL_EMBEDDER_MODEL, LocalEmbedder } from '@torale/ai';
import { insertContent } from '@torale/testing';
import { sql } from 'kysely';
import { blocksUnder, DetectorFixture, onBothDatabases, type OpenedDatabase } from './detector-fixture.ts';

const sentence = 'Tell me when the price of the Aurora X2 drops below $500';
const shop = (...texts: string[]) => blocksUnder('Aurora X2', ...texts);
const priceBelow = (amount: number): Reading => ({
  subject: 'aurora x2',
  attribute: 'price',
  condition: { kind: 'comparison', of: 'money', operator: 'below', amount, currency: 'USD', bound: '$500' },
});

onBothDatabases('the endpoints of change-detector', (open: () => Promise<OpenedDatabase>) => {
  let opened: OpenedDatabase;
  let fixture: DetectorFixture;
  beforeAll(async () => {
    opened = await open();
    fixture = await DetectorFixture.start(opened);
  });
  afterAll(async () => {
    await fixture.close();
    await opened.close();
  });

  const stored = () =>
    sql<{
      rows: number;
    }>`select (select count(*) from scraped_contents) + (select count(*) from change_alerts)
      + (select count(*) from check_runs) + (select count(*) from reported_facts) as rows`
      .execute(fixture.database.kysely)
      .then(({ rows }) => rows[0]!.rows);

  it.each(Object.values(changeDetectorContract.endpoints).map(({ path }) => path))(
    '%s is for other services only',
    async (path) => {
      const response = await fetch(`${fixture.baseUrl}${path}`, { method: 'POST' });
      expect(response.status).toBe(401);
    },
  );

  describe('read', () => {
    it('gives the typed reading of a sentence', async () => {
      expect(await fixture.detector.read({ raw_query: sentence, condition: null })).toEqual({
        reading: priceBelow(500),
      });
    });
  });

  describe('the stored reading', () => {
    it('is kept at the first check where nobody made one', async () => {
      const query = await fixture.query({ raw_query: sentence });
      const source = await fixture.source(query.id, shop('$549'));
      await fixture.check(source, shop('$539'));
      const row = await fixture.database.kysely
        .selectFrom('user_queries')
        .select('reading')
        .where('id', '=', query.id)
        .executeTakeFirstOrThrow();
      expect(row.reading).toEqual(priceBelow(500));
    });

    it('decides instead of the sentence, and summaries name its bound', async () => {
      const query = await fixture.query({ raw_query: sentence, reading: JSON.stringify(priceBelow(545)) });
      const source = await fixture.source(query.id, shop('$549'));
      expect(await fixture.check(source, shop('$539'))).toMatchObject({
        verdict: 'alert',
        reason: 'The condition became true: Price fell from $549 to $539, below 545 USD.',
      });
    });

    it('is made anew where it does not keep the contract', async () => {
      const query = await fixture.query({ raw_query: sentence, reading: '{"condition": "drop table"}' });
      const source = await fixture.source(query.id, shop('$549'));
      expect(await fixture.check(source, shop('$499'))).toMatchObject({ verdict: 'alert' });
    });
  });

  describe('compare', () => {
    const before = shop('A camera.', '$549', '1204 people viewed this page', 'Weight: 410 g');
    const after = shop('Weight: 410 g', 'A camera.', '$499', '1377 people viewed this page');

    it('aligns two block lists and types what differs, with the reasons for noise', async () => {
      const compared = await fixture.detector.compare({
        before: { blocks: before, title: null },
        after: { blocks: after, title: null },
      });
      expect(compared).toEqual({
        similarity: expect.any(Number),
        moved: 1,
        changes: [
          {
            kind: 'edited',
            path: ['Aurora X2'],
            before: '$549',
            after: '$499',
            differences: [{ kind: 'money', before: '$549', after: '$499' }],
            noise: null,
            before_index: 1,
            after_index: 2,
          },
          expect.objectContaining({
            differences: [{ kind: 'number', before: '1204', after: '1377' }],
            noise: expect.stringContaining('counter'),
          }),
        ],
      });
    });

    it('compares stored contents, and says when one is not there', async () => {
      const [old, now] = await Promise.all([
        insertContent(fixture.database, { blocks: before }),
        insertContent(fixture.database, { blocks: after }),
      ]);
      const { changes } = await fixture.detector.compare({
        before: { content_id: old.id },
        after: { content_id: now.id },
      });
      expect(changes).toHaveLength(2);
      const missing = { content_id: '00000000-0000-4000-8000-000000000000' };
      await expect(
        fixture.detector.compare({ before: missing, after: { content_id: now.id } }),
      ).rejects.toMatchObject({ code: 'not_found' });
    });
  });

  describe('similarity', () => {
    it('finds the nearest blocks of a source or of a user, and nobody else’s', async () => {
      const embedder = await LocalEmbedder.load();
      const texts = ['The battery lasts forty hours.', 'Our shop opens at nine.', 'Free shipping.'];
      const store = async () => {
        const content = await insertContent(fixture.database, { blocks: shop(...texts) });
        const vectors = await embedder.embed(texts);
        await fixture.database.kysely
          .insertInto('content_embeddings')
          .values(
            texts.map((text, index) => ({
              user_id: content.user_id,
              source_id: content.source_id,
              content_id: content.id,
              block_hash: text,
              model: LOCAL_EMBEDDER_MODEL,
              dimensions: embedder.dimensions,
              embedding: `[${vectors[index]!.join(',')}]`,
            })),
          )
          .execute();
        return content;
      };
      const [mine] = [await store(), await store()];
      for (const scope of [{ source_id: mine.source_id }, { user_id: mine.user_id }]) {
        const { model, blocks } = await fixture.detector.similarity({
          text: 'How long does the battery last?',
          of: scope,
          limit: 2,
        });
        expect(model).toBe(LOCAL_EMBEDDER_MODEL);
        expect(blocks).toHaveLength(2);
        expect(blocks[0]).toMatchObject({ content_id: mine.id, block: { text: texts[0] } });
        expect(blocks[0]!.cosine).toBeGreaterThan(blocks[1]!.cosine);
        expect(new Set(blocks.map(({ source_id }) => source_id))).toEqual(new Set([mine.source_id]));
      }
    });
  });

  describe('judge', () => {
    const request = {
      raw_query: sentence,
      condition: null,
      notify_behavior: 'once' as const,
      url: 'https://shop.example/x2',
      before: { blocks: shop('$549'), title: null },
      after: { blocks: shop('$499'), title: null },
    };

    it('gives the verdict with everything that explains it, and stores nothing', async () => {
      const before = await stored();
      const judged = await fixture.detector.judge(request);
      expect(judged).toMatchObject({
        reading: priceBelow(500),
        verdict: 'alert',
        alert: {
          summary: 'Price fell from $549 to $499, below $500.',
          condition_met: true,
          evidence: [{ before: '$549', after: '$499', source_url: 'https://shop.example/x2' }],
        },
        explanation: { judged_by: 'rules', changes: [{ differences: [{ kind: 'money' }] }] },
      });
      expect(changeDetectorContract.endpoints.judge.response.parse(judged)).toEqual(judged);
      expect(await stored()).toBe(before);
    });

    it('takes HTML', async () => {
      const pages = { before: { html: '<p>$549</p>' }, after: { html: '<p>$499</p>' } };
      expect(await fixture.detector.judge({ ...request, ...pages })).toMatchObject({
        verdict: 'alert',
        alert: { summary: 'Price fell from $549 to $499, below $500.' },
      });
      await expect(fixture.detector.judge({ ...request, after: { html: '<br>' } })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });

    it('judges by a corrected reading, by thresholds, and a first sight', async () => {
      expect(await fixture.detector.judge({ ...request, reading: priceBelow(400) })).toMatchObject({
        verdict: 'changed',
      });
      expect(
        await fixture.detector.judge({ ...request, thresholds: { confidence: 1, relevance: null } }),
      ).toMatchObject({ verdict: 'changed', alert: null });
      expect(await fixture.detector.judge({ ...request, before: null })).toMatchObject({
        verdict: 'alert',
        alert: { kind: 'already_met' },
      });
    });
  });
});
