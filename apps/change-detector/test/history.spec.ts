import { blocksOf, DetectorFixture, onBothDatabases } from './detector-fixture.ts';

const page = (line: string) => blocksOf('A camera for night skies.', line, 'It comes with a strap.');
const anything = { raw_query: 'Tell me when anything changes on https://shop.example/x2' };

onBothDatabases('what the checks before tell', (open) => {
  let subject: Awaited<ReturnType<typeof open>>;
  let fixture: DetectorFixture;
  beforeAll(async () => {
    subject = await open();
    fixture = await DetectorFixture.start(subject);
  });
  afterAll(async () => {
    await fixture.close();
    await subject.close();
  });

  const watch = async (query: Parameters<DetectorFixture['query']>[0], first: string) => {
    const { id } = await fixture.query(query);
    const source = await fixture.source(id, page(first));
    return { source, check: async (line: string) => (await fixture.check(source, page(line))).verdict };
  };
  const sourceRow = (id: string) =>
    fixture.database.kysely
      .selectFrom('monitored_sources')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();

  it('alerts on a price that creeps, measured from the last alert', async () => {
    const { check } = await watch(
      { raw_query: 'Tell me when the price of the Aurora X2 rises by 5 %' },
      '$1950',
    );
    expect([await check('$2000'), await check('$2050'), await check('$2100'), await check('$2160')]).toEqual([
      'changed',
      'alert',
      'changed',
      'alert',
    ]);
  });

  it('measures creep anew once the source is read in another way', async () => {
    const { source } = await watch(
      { raw_query: 'Tell me when the price of the Aurora X2 rises by 5 %' },
      '$1950',
    );
    const check = async (line: string, settings: number) =>
      (await fixture.check(source, page(line), settings)).verdict;
    expect([
      await check('$2000', 0),
      await check('$2020', 1),
      await check('$2050', 1),
      await check('$2125', 1),
    ]).toEqual(['changed', 'baseline', 'changed', 'alert']);
  });

  it('is silent on a wording that goes back and forth, whatever stands there that is to be ignored', async () => {
    const { source, check } = await watch(anything, 'Discover the sky in red. 3 people look at this.');
    await fixture.database.kysely
      .updateTable('monitored_sources')
      .set({ extraction: JSON.stringify({ ignore_text: ['/\\d+ people/'] }) })
      .where('id', '=', source)
      .execute();
    expect([
      await check('See the night in blue. 14 people look at this.'),
      await check('Discover the sky in red. 159 people look at this.'),
      await check('See the night in blue. 26 people look at this.'),
    ]).toEqual(['alert', 'alert', 'noise']);
  });

  it('is silent on a wording that goes back and forth', async () => {
    const { check } = await watch(anything, 'Discover the sky in red.');
    expect([
      await check('See the night in blue.'),
      await check('Discover the sky in red.'),
      await check('See the night in blue.'),
      await check('Hear the silence in green.'),
    ]).toEqual(['alert', 'alert', 'noise', 'alert']);
  });

  it('learns a place that changes at every check, and tells of another place', async () => {
    const { source, check } = await watch(anything, '“The best camera I own.”');
    const quotes = ['My dog loves it too.', 'It survived a fall.', 'Five years and counting.', 'A gift.', 'I bought two.', 'Sharp.', 'So light!']; // prettier-ignore
    const verdicts = [];
    for (const quote of quotes) verdicts.push(await check(`“${quote}”`));
    expect(verdicts.slice(0, 3)).toEqual(['alert', 'alert', 'alert']);
    expect(verdicts.slice(-2)).toEqual(['changed', 'changed']);
    const { verdict } = await fixture.check(
      source,
      blocksOf('A camera for night skies.', '“So light!”', 'It comes without a strap.'),
    );
    expect(verdict).toBe('alert');
  });

  it('looks sooner at a page that moves, and as agreed at one that is still', async () => {
    const { source, check } = await watch({ ...anything, check_interval_seconds: 3600 }, 'Made of steel.');
    const due = async () => {
      const { next_check_at } = await sourceRow(source);
      return Math.round((Date.parse(next_check_at) - Date.now()) / 1000);
    };
    const agreed = new Date(Date.now() + 3_600_000).toISOString();
    const asAgreed = () =>
      fixture.database.kysely
        .updateTable('monitored_sources')
        .set({ next_check_at: agreed })
        .where('id', '=', source)
        .execute();
    await asAgreed();
    await check('Made of brass.');
    expect(await due()).toBeGreaterThan(800);
    expect(await due()).toBeLessThanOrEqual(900);
    await asAgreed();
    expect(await check('Made of Brass')).toBe('unchanged');
    expect(await due()).toBeGreaterThan(3500);
  });
});
