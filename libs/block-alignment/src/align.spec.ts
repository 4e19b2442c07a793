import type { Embedder } from '@torale/ai';
import type { Block } from '@torale/contracts';
import { alignBlocks } from './align.ts';

const blocks = (...texts: string[]): Block[] =>
  texts.map((text) => ({ kind: 'paragraph', text, path: ['Page'], hash: text }));
const aligned = async (before: Block[], after: Block[], embedder: Embedder | null = null) => {
  const { changes, ...rest } = await alignBlocks(before, after, embedder);
  return {
    ...rest,
    changes: changes.map(({ kind, before, after }) => [kind, before?.text ?? null, after?.text ?? null]),
  };
};

/** Notes what it is asked; texts that start with the same word mean the same. */
class FakeEmbedder implements Embedder {
  readonly model = 'first-word';
  readonly dimensions = 26;
  readonly asked: string[] = [];
  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    this.asked.push(...texts);
    return texts.map((text) => {
      const vector = new Float32Array(this.dimensions);
      vector[text.toLowerCase().charCodeAt(0) % this.dimensions] = 1;
      return vector;
    });
  }
}

describe('the alignment of two versions', () => {
  it('finds nothing in equal versions', async () => {
    expect(await aligned(blocks('a b', 'c d'), blocks('A b!', 'c  d'))).toMatchObject({
      changes: [],
      moves: [],
      similarity: 1,
    });
  });

  it('counts what moved as moved, by the fewest moves', async () => {
    const result = await aligned(
      blocks('one', 'two', 'three', 'four', 'five'),
      blocks('five', 'one', 'two', 'three', 'four'),
    );
    expect(result).toMatchObject({ changes: [], moves: [{ beforeIndex: 4, afterIndex: 0 }] });
    expect(result.counterparts.get(4)).toBe(0);
  });

  it('counts equal blocks one by one', async () => {
    expect((await aligned(blocks('yes', 'yes', 'no'), blocks('yes', 'no'))).changes).toEqual([
      ['removed', 'yes', null],
    ]);
  });

  it('pairs a price with the price that replaced it, though they share no word', async () => {
    const result = await aligned(
      blocks('Camera', '$549.00', 'In stock'),
      blocks('Camera', '$499.00', 'In stock'),
    );
    expect(result.changes).toEqual([['edited', '$549.00', '$499.00']]);
    expect(result.counterparts.get(1)).toBe(1);
  });

  it('pairs by likeness where place does not tell', async () => {
    const before = blocks(
      'start',
      'The cat sat on the mat all day.',
      'Refunds take thirty days at most.',
      'end',
    );
    const after = blocks(
      'start',
      'Refunds take sixty days at most.',
      'The cat sat on the mat all night.',
      'end',
    );
    expect((await aligned(before, after)).changes).toEqual([
      ['edited', 'Refunds take thirty days at most.', 'Refunds take sixty days at most.'],
      ['edited', 'The cat sat on the mat all day.', 'The cat sat on the mat all night.'],
    ]);
  });

  it('takes unlike blocks for one gone and one come', async () => {
    const before = blocks('We deliver within Germany.', 'middle', 'end');
    const after = blocks('middle', 'Our office moves to Oslo next year.', 'end');
    expect((await aligned(before, after)).changes).toEqual([
      ['added', null, 'Our office moves to Oslo next year.'],
      ['removed', 'We deliver within Germany.', null],
    ]);
  });

  it('takes text that is cut into blocks elsewhere for the same text', async () => {
    const result = await aligned(
      blocks('start', 'One. Two. Three.', 'end'),
      blocks('start', 'One.', 'Two. Three.', 'end'),
    );
    expect(result.changes).toEqual([]);
  });

  it('pairs items by their own identity, and only by it', async () => {
    const item = (key: string, text: string): Block => ({
      kind: 'feed_item',
      key,
      text,
      path: [],
      hash: text,
    });
    const result = await aligned(
      [item('1', 'First post')],
      [item('2', 'First post again'), item('1', 'A corrected title')],
    );
    expect(result.changes).toEqual([
      ['added', null, 'First post again'],
      ['edited', 'First post', 'A corrected title'],
    ]);
  });

  it('asks the embedder only for what words cannot pair', async () => {
    const embedder = new FakeEmbedder();
    await aligned(blocks('a', 'price $549 now', 'z'), blocks('a', 'price $499 now', 'z'), embedder);
    await aligned(blocks('a', 'z'), blocks('a', 'something new', 'z'), embedder);
    expect(embedder.asked).toEqual([]);
    const result = await aligned(
      blocks('a', 'Shipping costs nothing', 'z'),
      blocks('a', 'Sending it is free', 'z'),
      embedder,
    );
    expect(embedder.asked).toEqual(['Shipping costs nothing', 'Sending it is free']);
    expect(result.changes).toEqual([['edited', 'Shipping costs nothing', 'Sending it is free']]);
  });

  it('says how much stayed the same', async () => {
    const { similarity } = await aligned(blocks('aaaa', 'bbbb'), blocks('aaaa', 'Cccc dddd eeee'));
    expect(similarity).toBeCloseTo(8 / 26);
  });

  it('stays quick where everything changed', async () => {
    const many = (word: string) =>
      blocks(...Array.from({ length: 3000 }, (_, index) => `${word} ${index} of the list`));
    const start = process.cpuUsage();
    await aligned(many('alpha'), many('omega'));
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(1500);
  });
});
