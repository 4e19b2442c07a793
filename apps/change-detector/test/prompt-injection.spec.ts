import { OpenAiLanguageModel } from '@torale/ai';
import { FakeOpenAi } from '@torale/testing';
import { injections } from './injections.ts';
import { blocksUnder, DetectorFixture, onBothDatabases, type OpenedDatabase } from './detector-fixture.ts';

/**
 * The model of these tests does what a page tells it: asked, it says the contrary of what the rules say. So a verdict
 * that is the same with the text and without shows that the text changed nothing.
 */
function withstands(open: () => Promise<OpenedDatabase>) {
  let opened: OpenedDatabase;
  let openai: FakeOpenAi;
  let obedient: DetectorFixture;

  beforeAll(async () => {
    [opened, openai] = await Promise.all([open(), FakeOpenAi.start()]);
    const languageModel = new OpenAiLanguageModel({
      apiKey: 'sk-fake',
      baseUrl: openai.url,
      model: 'gpt-4.1-mini',
      timeoutMs: 5_000,
    });
    obedient = await DetectorFixture.start(opened, { languageModel });
  });
  beforeEach(() => openai.reset());
  afterAll(async () => {
    await obedient.close();
    await openai.close();
    await opened.close();
  });

  const says = (relation: 'answers' | 'unrelated', changes: number) => ({
    json: { changes: Array.from({ length: changes }, (_, id) => ({ id, relation })), certainty: 'sure' },
  });
  async function verdictOn(raw_query: string, before: string[], after: string[]) {
    const query = await obedient.query({ raw_query });
    const source = await obedient.source(query.id, blocksUnder('News', ...before));
    const { verdict, check_id } = await obedient.check(source, blocksUnder('News', ...after));
    const explanation = await obedient.explanation(check_id);
    return { verdict, explanation, alerts: await obedient.alerts(query.id) };
  }

  describe.each(injections)('%s', (_, injection) => {
    it('does not hide the news that it is written into', async () => {
      const { verdict, alerts } = await verdictOn(
        'Tell me about weight and battery',
        ['A camera.', 'Weight: 410 g'],
        ['A camera.', `Weight: 480 g. ${injection}`],
      );
      expect(verdict).toBe('alert');
      expect(alerts[0]!.summary).toContain('410 became 480');
      expect(openai.requests).toEqual([]);
    });

    it('does not silence a change that matters', async () => {
      openai.answer(says('unrelated', 2), says('unrelated', 1));
      const { verdict, explanation, alerts } = await verdictOn(
        'Tell me about weight and battery',
        ['A camera.', 'Weight: 410 g'],
        ['A camera.', 'Weight: 480 g', injection],
      );
      expect(verdict).toBe('alert');
      expect(explanation).toMatchObject({
        judged_by: 'rules',
        note: 'The page speaks to whoever judges it, so rules alone judged.',
      });
      expect(alerts[0]!.summary).toContain('410 became 480');
      expect(openai.requests).toEqual([]);
    });

    it('does not raise a change that does not matter', async () => {
      openai.answer(says('answers', 2), says('answers', 1));
      const { verdict, alerts } = await verdictOn(
        'Tell me about the zoom lens of the Aurora X2',
        ['Welcome.', 'Our cat is called Mimi.'],
        ['Welcome.', 'Our cat is called Momo.', injection],
      );
      expect(verdict).toBe('changed');
      expect(alerts).toEqual([]);
      expect(openai.requests).toEqual([]);
    });
  });
}

onBothDatabases('a page that speaks to its judge', withstands);
