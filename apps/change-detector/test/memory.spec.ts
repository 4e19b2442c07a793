import { blocksUnder, DetectorFixture, onBothDatabases, type OpenedDatabase } from './detector-fixture.ts';

const page = (...news: string[]) => blocksUnder('News', 'Welcome.', ...news);
const announcement = 'The Aurora X2 will be released on March 4, 2027.';
const reworded = 'Release of the Aurora X2: 4 March 2027';

onBothDatabases('the memory of what was told', (open: () => Promise<OpenedDatabase>) => {
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

  it.each([
    ['a change about the subject', 'Tell me news about the release of the Aurora X2'],
    ['a condition', 'Tell me when the Aurora X2 gets a release date'],
  ])('makes the same news on a second source one alert with two sources: %s', async (_, raw_query) => {
    const query = await fixture.query({ raw_query });
    const [first, second] = [await fixture.source(query.id, page()), await fixture.source(query.id, page())];
    const told = await fixture.check(first, page(announcement));
    expect(told.verdict).toBe('alert');
    const again = await fixture.check(second, page(reworded));
    expect(again).toMatchObject({
      verdict: 'changed',
      alert_id: null,
      reason: expect.stringContaining('Already told'),
    });
    const [alert, ...others] = await fixture.alerts(query.id);
    expect(others).toEqual([]);
    expect(alert!.sources).toMatchObject([
      { source_id: first, check_id: told.check_id },
      { source_id: second, check_id: again.check_id },
    ]);
    expect(alert!.evidence.map(({ after }) => after)).toEqual([announcement, reworded]);
    expect(await fixture.notifications(alert!.id)).toBe(1);
    expect(await fixture.explanation(again.check_id)).toMatchObject({ repeats_alert_id: alert!.id });
    expect(await fixture.explanation(told.check_id)).toMatchObject({ repeats_alert_id: null });
  });

  it('takes the second source in when the query was completed by the first', async () => {
    const query = await fixture.query({
      raw_query: 'Tell me when the Aurora X2 gets a release date',
      notify_behavior: 'once',
    });
    const [first, second] = [await fixture.source(query.id, page()), await fixture.source(query.id, page())];
    await fixture.check(first, page(announcement));
    await fixture.check(second, page(reworded));
    expect(await fixture.alerts(query.id)).toMatchObject([{ sources: [{}, {}] }]);
  });

  it('tells a re-worded repeat on the same source once, and what is new in it again', async () => {
    const query = await fixture.query({ raw_query: 'Tell me news about the release of the Aurora X2' });
    const source = await fixture.source(query.id, page());
    expect(await fixture.check(source, page(announcement))).toMatchObject({ verdict: 'alert' });
    expect(await fixture.check(source, page(announcement, reworded))).toMatchObject({ verdict: 'changed' });
    const delayed = 'Release of the Aurora X2: 4 April 2027';
    expect(await fixture.check(source, page(announcement, reworded, delayed))).toMatchObject({
      verdict: 'alert',
    });
    expect(await fixture.alerts(query.id)).toHaveLength(2);
  });

  it('tells another value on a second source', async () => {
    const query = await fixture.query({
      raw_query: 'Tell me when the price of the Aurora X2 drops below $500',
    });
    const shop = (price: string) => blocksUnder('Aurora X2', price);
    const sources = [
      await fixture.source(query.id, shop('$549')),
      await fixture.source(query.id, shop('$559')),
    ];
    expect(await fixture.check(sources[0]!, shop('$499'))).toMatchObject({ verdict: 'alert' });
    expect(await fixture.check(sources[1]!, shop('$489'))).toMatchObject({ verdict: 'alert' });
  });

  it('tells a condition that comes true again on the source where it ceased to be', async () => {
    const query = await fixture.query({
      raw_query: 'Tell me when the price of the Aurora X2 drops below $500',
    });
    const shop = (price: string) => blocksUnder('Aurora X2', price);
    const source = await fixture.source(query.id, shop('$549'));
    expect(await fixture.check(source, shop('$499'))).toMatchObject({ verdict: 'alert' });
    expect(await fixture.check(source, shop('$549'))).toMatchObject({ verdict: 'changed' });
    expect(await fixture.check(source, shop('$499'))).toMatchObject({ verdict: 'alert' });
  });

  it('gives one alert when two sources bring the same news at the same time', async () => {
    const query = await fixture.query({ raw_query: 'Tell me when the Aurora X2 gets a release date' });
    const sources = [await fixture.source(query.id, page()), await fixture.source(query.id, page())];
    const responses = await Promise.all(sources.map((source) => fixture.check(source, page(announcement))));
    expect(responses.map(({ verdict }) => verdict).sort()).toEqual(['alert', 'changed']);
    const alerts = await fixture.alerts(query.id);
    expect(alerts).toMatchObject([{ sources: [{}, {}] }]);
  });
});
