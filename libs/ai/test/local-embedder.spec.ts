import { LOCAL_EMBEDDER_DIMENSIONS, LocalEmbedder } from '../src/local-embedder.ts';
import { foreignEdits, paraphrases, retrieval, unrelated } from './sentences.ts';

let embedder: LocalEmbedder;
beforeAll(async () => {
  const rssBefore = process.memoryUsage().rss;
  const start = performance.now();
  embedder = await LocalEmbedder.load();
  const megabytes = (process.memoryUsage().rss - rssBefore) / 1e6;
  console.log(`loaded in ${Math.round(performance.now() - start)} ms, +${Math.round(megabytes)} MB RSS`);
  expect(performance.now() - start).toBeLessThan(20_000);
});

const dot = (left: Float32Array, right: Float32Array) =>
  left.reduce((sum, value, d) => sum + value * right[d]!, 0);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function similarity(left: string, right: string): Promise<number> {
  const [first, second] = await embedder.embed([left, right]);
  return dot(first!, second!);
}
const similarities = (pairs: readonly (readonly [string, string])[]) =>
  Promise.all(pairs.map(([left, right]) => similarity(left, right)));

describe('shape', () => {
  it('gives one unit vector per text, in order, whatever the text', async () => {
    const texts = [
      'Price: $499',
      '',
      ' \n ',
      '★★★',
      '価格',
      'x'.repeat(100_000),
      'nul\0 and lone \ud800 surrogate',
    ];
    const vectors = await embedder.embed(texts);
    expect(vectors).toHaveLength(texts.length);
    for (const vector of vectors) {
      expect(vector).toHaveLength(LOCAL_EMBEDDER_DIMENSIONS);
      expect(dot(vector, vector)).toBeCloseTo(1, 5);
    }
    expect(await embedder.embed([texts[4]!])).toEqual([vectors[4]]);
    expect(await embedder.embed([])).toEqual([]);
  });

  it('gives texts without a letter or a digit the first unit vector', async () => {
    const vectors = await embedder.embed(['', '   ', '—']);
    const unit = new Float32Array(LOCAL_EMBEDDER_DIMENSIONS);
    unit[0] = 1;
    expect(vectors).toEqual([unit, unit, unit]);
  });

  it('gives the same vectors in every process and version that shares its name', async () => {
    const [vector] = await embedder.embed(['Preorders open in Zürich on 14 October']);
    expect([...vector!.slice(0, 4)].map((value) => Number(value.toFixed(4)))).toMatchInlineSnapshot(`
     [
       0.0595,
       0.003,
       -0.0172,
       -0.0115,
     ]
    `);
  });

  it('does not care for case or compatibility forms', async () => {
    expect(await similarity('ＰＩＸＥＬ Release', 'pixel release')).toBeCloseTo(1, 5);
  });
});

describe('quality', () => {
  it('puts every paraphrase above every unrelated pair', async () => {
    const [same, other] = await Promise.all([similarities(paraphrases), similarities(unrelated)]);
    console.log(`paraphrases ${mean(same).toFixed(2)}, unrelated ${mean(other).toFixed(2)}`);
    expect(Math.min(...same)).toBeGreaterThan(Math.max(...other));
    expect(mean(same)).toBeGreaterThan(0.6);
    expect(mean(other)).toBeLessThan(0.1);
  });

  it('finds the block that answers a query', async () => {
    const blocks = await embedder.embed(retrieval.map(([, block]) => block));
    const queries = await embedder.embed(retrieval.map(([query]) => query));
    const reciprocalRanks = queries.map((query, index) => {
      const scores = blocks.map((block) => dot(query, block));
      return 1 / (1 + scores.filter((score) => score > scores[index]!).length);
    });
    console.log(`retrieval: mean reciprocal rank ${mean(reciprocalRanks).toFixed(3)} of ${blocks.length}`);
    expect(mean(reciprocalRanks)).toBeGreaterThan(0.85);
  });

  it.each(foreignEdits)(
    'knows an edited block of another language again: %s',
    async (before, after, other) => {
      expect(await similarity(before, after)).toBeGreaterThan((await similarity(before, other)) + 0.3);
    },
  );

  it('keeps unrelated texts in other scripts apart', async () => {
    expect(await similarity('新製品は十月に発売予定です', 'キャンセルポリシーを確認')).toBeLessThan(0.5);
    expect(await similarity('Продажа билетов', 'Gift cards for students')).toBeLessThan(0.3);
  });
});
