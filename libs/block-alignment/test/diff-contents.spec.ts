import { randomUUID } from 'node:crypto';
import type { Block, Content } from '@torale/contracts';
import { diffContents } from '../src/index.ts';

function contentOf(...texts: string[]): Content {
  const blocks = texts.map((text): Block => ({ kind: 'paragraph', text, path: [], hash: text }));
  return {
    id: randomUUID(),
    source_id: '00000000-0000-4000-8000-000000000000',
    title: null,
    content_hash: texts.join(),
    block_count: blocks.length,
    snapshot_bytes: null,
    fetched_at: '2026-11-22T00:00:00.000Z',
    created_at: '2026-11-22T00:00:00.000Z',
    blocks,
  };
}

const brief = ({
  kind,
  before,
  after,
  before_index,
  after_index,
}: Awaited<ReturnType<typeof diffContents>>['blocks'][number]) =>
  `${kind} ${before_index ?? '-'}→${after_index ?? '-'}: ${before?.text ?? '∅'} → ${after?.text ?? '∅'}`;

test('an edit, a removal, an addition and a move, in the order of the page, what is gone last', async () => {
  const before = contentOf(
    'Camera X2',
    'Price: $549',
    'Ships in May',
    'Old notice about cookies',
    'Two year warranty',
    'Made in Portugal',
  );
  const after = contentOf(
    'Made in Portugal',
    'Camera X2',
    'Price: $499',
    'Ships in May',
    'Two year warranty',
    'Sunset bundle available',
  );
  const { blocks, similarity, unified, ...heads } = await diffContents(before, after);
  expect(blocks.map(brief)).toEqual([
    'moved 5→0: Made in Portugal → Made in Portugal',
    'edited 1→2: Price: $549 → Price: $499',
    'added -→5: ∅ → Sunset bundle available',
    'removed 3→-: Old notice about cookies → ∅',
  ]);
  expect(similarity).toBeGreaterThan(0.4);
  expect(similarity).toBeLessThan(0.8);
  expect(heads.before).toEqual(expect.objectContaining({ id: before.id, block_count: 6 }));
  expect(heads.before).not.toHaveProperty('blocks');
  expect(unified!.split('\n')).toEqual(
    expect.arrayContaining(['-Price: $549', '+Price: $499', ' Ships in May', '+Sunset bundle available']),
  );
});

test('the same content differs in nothing', async () => {
  const content = contentOf('One', 'Two');
  const { blocks, similarity, unified } = await diffContents(content, content);
  expect({ blocks, similarity }).toEqual({ blocks: [], similarity: 1 });
  expect(unified).not.toContain('@@');
});

test('a block that moved and stayed the same is a move, not a removal and an addition', async () => {
  const lines = Array.from({ length: 40 }, (_, i) => `Line number ${i} of the list`);
  const { blocks } = await diffContents(contentOf(...lines), contentOf(...lines.slice(1), lines[0]!));
  expect(blocks.map(brief)).toEqual([`moved 0→39: ${lines[0]} → ${lines[0]}`]);
});

test('another page altogether is still answered in time, without the unified text', async () => {
  const page = (word: string) =>
    contentOf(...Array.from({ length: 20_000 }, (_, i) => `${word} ${(i * 7919) % 20_011}`));
  const started = performance.now();
  const { blocks, unified } = await diffContents(page('alpha'), page('omega'));
  const took = performance.now() - started;
  console.log(`20,000 blocks against 20,000 others: ${Math.round(took)} ms`);
  expect(unified).toBeNull();
  expect(blocks.length).toBeGreaterThanOrEqual(20_000);
  expect(took).toBeLessThan(40_000);
});
