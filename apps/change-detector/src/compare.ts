import type { Embedder } from '@torale/ai';
import type { CompareResponse } from '@torale/contracts';
import { explainedChangeOf } from './explain/explain.ts';
import { judge } from './judge/judge.ts';
import type { Version } from './judge/sighting.ts';
import type { Reading } from './sentence/reading.ts';

/** Asks for nothing in particular, so that nothing is spared from being noise. */
const anyChange: Reading = {
  subject: '',
  attribute: null,
  condition: null,
  subjectStems: new Set(),
  asked: new Set(),
  anyChange: true,
};

/** What changed between two versions, whatever a sentence may ask. */
export async function compareVersions(
  before: Version,
  after: Version,
  embedder: Embedder,
): Promise<CompareResponse> {
  const { examined } = await judge(
    { reading: anyChange, notifyBehavior: 'always', sourceUrl: '', before, after },
    embedder,
  );
  return {
    similarity: examined.similarity!,
    moved: examined.moved,
    changes: examined.changes.map(({ change, differences, noise }) => ({
      ...explainedChangeOf(change, differences),
      noise,
      before_index: change.kind === 'added' ? null : change.beforeIndex,
      after_index: change.kind === 'removed' ? null : change.afterIndex,
    })),
  };
}
