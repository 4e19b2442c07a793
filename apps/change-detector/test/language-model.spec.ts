import { OpenAiLanguageModel } from '@torale/ai';
import { explanationSchema } from '@torale/contracts';
import { FakeOpenAi, type FakeOpenAiAnswer } from '@torale/testing';
import {
  blocksOf,
  blocksUnder,
  DetectorFixture,
  onBothDatabases,
  type OpenedDatabase,
} from './detector-fixture.ts';

/** Nothing in it says "battery" in so many words: rules cannot tell. */
const sentence = 'Tell me about news on the battery of the Aurora X2';
const page = (...news: string[]) => blocksUnder('News', 'Welcome to our shop.', ...news);
const news = 'It now lasts 40 hours between charges.';

const answers = (...relations: ('answers' | 'related' | 'unrelated')[]): FakeOpenAiAnswer => ({
  json: { changes: relations.map((relation, id) => ({ id, relation })), certainty: 'sure' },
});

function behavesAsJudge(open: () => Promise<OpenedDatabase>) {
  let opened: OpenedDatabase;
  let openai: FakeOpenAi;
  let fixture: DetectorFixture;

  beforeAll(async () => {
    [opened, openai] = await Promise.all([open(), FakeOpenAi.start()]);
  });
  beforeEach(() => openai.reset());
  afterEach(() => fixture.close());
  afterAll(async () => {
    await openai.close();
    await opened.close();
  });
  /** A process of its own for each test: a failed model is left alone for a while. */
  async function start(environment: Record<string, string> = {}) {
    const languageModel = new OpenAiLanguageModel({
      apiKey: 'sk-fake',
      baseUrl: openai.url,
      model: 'gpt-4.1-mini',
      timeoutMs: 5_000,
    });
    fixture = await DetectorFixture.start(opened, { languageModel, environment });
  }
  async function watched(raw_query = sentence, before = page()) {
    const query = await fixture.query({ raw_query });
    return { query, source: await fixture.source(query.id, before) };
  }

  it('takes a good answer: the alert says who judged, and its words and values are the page’s', async () => {
    await start();
    const { query, source } = await watched();
    openai.answer(answers('answers'));
    const { verdict, reason, check_id } = await fixture.check(source, page(news));
    expect(verdict).toBe('alert');
    expect(reason).toContain('as the language model sees it');
    const [alert] = await fixture.alerts(query.id);
    expect(alert).toMatchObject({
      judged_by: 'language_model',
      summary: `New: “${news}”.`,
      confidence: expect.closeTo(0.85),
      evidence: [{ kind: 'added', before: null, after: news, path: ['News'] }],
    });
    expect(explanationSchema.parse(await fixture.explanation(check_id))).toMatchObject({
      judged_by: 'language_model',
      note: null,
      changes: [{ kind: 'added', after: news, noise: null }],
    });
  });

  it('asks at temperature 0, with the change and its neighbourhood only, fenced and in no instruction', async () => {
    await start();
    const { source } = await watched(sentence, page('Opening hours: 9 to 5.', 'We like cameras.'));
    openai.answer(answers('unrelated'));
    await fixture.check(source, page('Opening hours: 9 to 5.', 'We like cameras.', news));
    const [request] = openai.requests;
    const [system, user] = request!.messages;
    expect(request!.temperature).toBe(0);
    expect(request!.response_format!.json_schema.strict).toBe(true);
    expect(system!.content).not.toContain(news);
    const fence = /^<(data-[0-9a-f]{18})>\n([^]*)\n<\/\1>$/.exec(user!.content)!;
    expect(system!.content).toContain(fence[1]);
    expect(JSON.parse(fence[2]!)).toEqual({
      sentence,
      condition: null,
      subject: expect.stringContaining('battery'),
      attribute: null,
      changes: [
        {
          id: 0,
          kind: 'added',
          headings: ['News'],
          before: null,
          after: news,
          differences: [],
          beside: ['We like cameras.'],
        },
      ],
    });
    expect(user!.content).not.toContain('Opening hours');
  });

  it('asks the same once, and a fresh question for another difference', async () => {
    await start();
    const { query, source } = await watched();
    const { judged_content_id } = await fixture.database.kysely
      .selectFrom('monitored_sources')
      .select('judged_content_id')
      .where('id', '=', source)
      .executeTakeFirstOrThrow();
    openai.answer(answers('unrelated'), answers('answers'));
    for (let round = 0; round < 2; round++) {
      expect(await fixture.check(source, page(news))).toMatchObject({ verdict: 'changed' });
      await fixture.database.kysely
        .updateTable('monitored_sources')
        .set({ judged_content_id })
        .where('id', '=', source)
        .execute();
    }
    expect(openai.requests).toHaveLength(1);
    expect(await fixture.check(source, page('It now lasts 50 hours.'))).toMatchObject({ verdict: 'alert' });
    expect(openai.requests).toHaveLength(2);
    expect(await fixture.alerts(query.id)).toHaveLength(1);
  });

  it('stops asking for a user whose questions of the day are used up', async () => {
    await start({ LANGUAGE_MODEL_QUESTIONS_PER_DAY: '1' });
    const { source } = await watched();
    openai.answer(answers('answers'), answers('answers'), answers('answers'));
    expect(await fixture.check(source, page(news))).toMatchObject({ verdict: 'alert' });
    const spent = await fixture.check(source, page(news, 'And it is lighter.'));
    expect(spent).toMatchObject({ verdict: 'changed' });
    expect((await fixture.explanation(spent.check_id)).note).toContain('used up');
    const other = await watched();
    expect(await fixture.check(other.source, page(news))).toMatchObject({ verdict: 'alert' });
    expect(openai.requests).toHaveLength(2);
  });

  /** The rules alone call the change of each of these an alert, and not a certain one. */
  const uncertain = 'Tell me about battery life, charging speed and weight';
  const lighter = 'Weight: 410 g';
  const heavier = 'Weight: 480 g';

  const failures: [string, FakeOpenAiAnswer[], string][] = [
    ['no JSON', [{ text: 'Sure! Here is what I think.' }], 'no JSON'],
    ['JSON of another shape', [{ json: { alert: true } }], 'something else'],
    ['an answer about changes that were not asked about', [answers('answers', 'answers')], 'other changes'],
    ['an answer about none', [{ json: { changes: [], certainty: 'sure' } }], 'other changes'],
    ['a refusal', [{ refusal: 'I cannot help with that.' }], 'a refusal'],
    [
      '429 with Retry-After',
      [
        { status: 429, retry_after: 1 },
        { status: 429, retry_after: 1 },
      ],
      'HTTP 429',
    ],
    ['503 twice', [{ status: 503 }, { status: 503 }], 'HTTP 503'],
    ['a wrong key', [{ status: 401 }], 'HTTP 401'],
    ['silence', [{ hang: true }], 'in time'],
    ['a text cut short', [{ cut_short: '{"changes":[{"id":0,"rel' }], 'cut short'],
    ['a connection that ends in the middle', [{ break_off: true }, { break_off: true }], 'language model'],
  ];
  it.each(failures)('lets the verdict of the rules stand on %s, and says so', async (_, script, note) => {
    await start();
    const { query, source } = await watched(uncertain, blocksOf('A camera.', lighter));
    openai.answer(...script);
    const { verdict, check_id } = await fixture.check(source, blocksOf('A camera.', heavier));
    expect(verdict).toBe('alert');
    const [alert] = await fixture.alerts(query.id);
    expect(alert).toMatchObject({
      judged_by: 'rules',
      evidence: [{ before: lighter, after: heavier }],
    });
    const explanation = await fixture.explanation(check_id);
    expect(explanation.judged_by).toBe('rules');
    expect(explanation.note).toContain(note);
    expect(openai.requests.length).toBeGreaterThan(0);
  });

  it('leaves a model alone for as long as it asked to be', async () => {
    await start();
    const { source } = await watched();
    openai.answer({ status: 429, retry_after: 3600 }, { status: 429, retry_after: 3600 });
    await fixture.check(source, page(news));
    const asked = openai.requests.length;
    const { check_id } = await fixture.check(source, page(news, 'Its charger is included.'));
    expect(openai.requests).toHaveLength(asked);
    expect((await fixture.explanation(check_id)).note).toContain('a moment ago');
  });

  describe('a model that does whatever a page tells it', () => {
    it('is not asked about noise', async () => {
      await start();
      const { query, source } = await watched(sentence, page('1204 people viewed this page'));
      expect(await fixture.check(source, page('1377 people viewed this page'))).toMatchObject({
        verdict: 'noise',
      });
      expect(openai.requests).toEqual([]);
      expect(await fixture.alerts(query.id)).toEqual([]);
    });

    it('cannot silence a condition that is met, nor meet one that values deny', async () => {
      await start();
      const { query, source } = await watched(
        'Tell me when the price of the Aurora X2 drops below $500',
        blocksOf('$549.00'),
      );
      expect(await fixture.check(source, blocksOf('$539.00'))).toMatchObject({ verdict: 'changed' });
      expect(await fixture.check(source, blocksOf('$499.00'))).toMatchObject({ verdict: 'alert' });
      expect(openai.requests).toEqual([]);
      expect(await fixture.alerts(query.id)).toMatchObject([{ judged_by: 'rules', condition_met: true }]);
    });

    it('cannot silence a change that is surely about the subject, nor add one to it', async () => {
      await start();
      const { query, source } = await watched(
        'Tell me news about the zoom lens',
        blocksUnder('News', 'Welcome.', 'The zoom lens costs $900.'),
      );
      openai.answer(answers('unrelated'));
      const after = blocksUnder('News', 'Welcome.', 'The zoom lens costs $800.', 'Our cat had kittens.');
      expect(await fixture.check(source, after)).toMatchObject({ verdict: 'alert' });
      const [alert] = await fixture.alerts(query.id);
      expect(alert!.evidence).toMatchObject([{ after: 'The zoom lens costs $800.' }]);
    });
  });
}

onBothDatabases('the language-model judge', behavesAsJudge);
