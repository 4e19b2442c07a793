import { blocksUnder, DetectorFixture, onBothDatabases, type OpenedDatabase } from './detector-fixture.ts';

const page = (downloads: string, news = 'Nothing new.') =>
  blocksUnder('Aurora', `The Aurora app was mentioned ${downloads} in the press.`, news);

onBothDatabases('feedback and thresholds', (open: () => Promise<OpenedDatabase>) => {
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

  async function say(alertId: string, verdict: 'useful' | 'not_useful', reason: string | null = null) {
    const { user_id } = await fixture.database.kysely
      .selectFrom('change_alerts')
      .select('user_id')
      .where('id', '=', alertId)
      .executeTakeFirstOrThrow();
    await fixture.database.kysely
      .insertInto('alert_feedback')
      .values({ alert_id: alertId, user_id, verdict, reason })
      .execute();
  }
  const watched = async () => {
    const query = await fixture.query({ raw_query: 'Tell me about Aurora in the press' });
    return { query, source: await fixture.source(query.id, page('twice')) };
  };

  it('“not useful” silences the same place at once, says why, and can be undone', async () => {
    const { source } = await watched();
    const { alert_id } = await fixture.check(source, page('three times'));
    await say(alert_id!, 'not_useful', 'only a counter');
    const silenced = await fixture.check(source, page('four times'));
    expect(silenced.verdict).toBe('changed');
    expect(silenced.reason).toMatch(
      /you called a change like this not useful on \d{4}-\d\d-\d\d \(“only a counter”\)/,
    );
    await fixture.database.kysely.deleteFrom('alert_feedback').where('alert_id', '=', alert_id!).execute();
    expect(await fixture.check(source, page('five times'))).toMatchObject({ verdict: 'alert' });
  });

  it('leaves other places of the source, and other sources, as they were', async () => {
    const { query, source } = await watched();
    const { alert_id } = await fixture.check(source, page('three times'));
    await say(alert_id!, 'not_useful');
    expect(await fixture.check(source, page('four times', 'Aurora wins the press award.'))).toMatchObject({
      verdict: 'alert',
      reason: expect.stringContaining('press award'),
    });
    const other = await fixture.source(query.id, page('twice'));
    expect(await fixture.check(other, page('nine times'))).toMatchObject({ verdict: 'alert' });
  });

  it('never silences a condition', async () => {
    const query = await fixture.query({ raw_query: 'Tell me when the price of the Aurora drops below $500' });
    const shop = (price: string) => blocksUnder('Aurora', price);
    const source = await fixture.source(query.id, shop('$549'));
    const { alert_id } = await fixture.check(source, shop('$499'));
    await say(alert_id!, 'not_useful');
    await fixture.check(source, shop('$549'));
    expect(await fixture.check(source, shop('$479'))).toMatchObject({ verdict: 'alert' });
  });

  const thresholds = (confidence: number | null, relevance: number | null = null) =>
    JSON.stringify({ relevance, confidence });

  it('holds back alerts below the confidence asked for; the source’s word goes before the query’s', async () => {
    const query = await fixture.query({
      raw_query: 'Tell me about Aurora in the press',
      thresholds: thresholds(0.99),
    });
    const source = await fixture.source(query.id, page('twice'));
    expect(await fixture.check(source, page('three times'))).toMatchObject({
      verdict: 'changed',
      reason: expect.stringContaining('below the 0.99 asked for'),
    });
    await fixture.database.kysely
      .updateTable('monitored_sources')
      .set({ thresholds: thresholds(0.1) })
      .where('id', '=', source)
      .execute();
    expect(await fixture.check(source, page('four times'))).toMatchObject({ verdict: 'alert' });
  });

  it('takes thresholds that are none for unsaid', async () => {
    const query = await fixture.query({
      raw_query: 'Tell me about Aurora in the press',
      thresholds: '{"confidence":"very"}',
    });
    const source = await fixture.source(query.id, page('twice'));
    expect(await fixture.check(source, page('three times'))).toMatchObject({ verdict: 'alert' });
  });
});
