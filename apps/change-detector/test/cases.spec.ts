import { LocalEmbedder } from '@torale/ai';
import { judge } from '../src/judge/judge.ts';
import { readSentence } from '../src/sentence/read-sentence.ts';
import { blocksOf, type Case, type Page } from './cases/case.ts';
import { conditions } from './cases/conditions.ts';
import { differences } from './cases/differences.ts';
import { history } from './cases/history.ts';
import { languages } from './cases/languages.ts';
import { noise } from './cases/noise.ts';
import { relevance } from './cases/relevance.ts';

const categories = { differences, noise, conditions, relevance, languages, history };
const anything = 'Tell me when anything real changes on this page';

const versionOf = (page: Page, title: string | undefined, day: string) => ({
  title: title ?? null,
  blocks: blocksOf(page),
  fetched_at: `${day}T08:00:00.000Z`,
});

let embedder: LocalEmbedder;
beforeAll(async () => {
  embedder = await LocalEmbedder.load();
});

const judged = ({
  ask = anything,
  condition,
  notify = 'once',
  title,
  before,
  after,
  history,
  alerted,
}: Case) => {
  const old = before && versionOf(before, title, '2026-11-21');
  return judge(
    {
      reading: readSentence(ask, condition ?? null),
      notifyBehavior: notify,
      sourceUrl: 'https://shop.example/x2',
      before: old,
      after: versionOf(after, title, '2026-11-22'),
      alerted: alerted ? versionOf(alerted, title, '2026-11-01') : null,
      history: history && old ? [old.blocks, ...history.map(blocksOf)] : [],
    },
    embedder,
  );
};

describe.each(Object.entries(categories))('%s', (_, cases) => {
  it.each(cases.map((one) => [one.why, one] as const))('%s', async (_, one) => {
    const { verdict, reason, alert } = await judged(one);
    expect({ verdict, reason }).toEqual({
      verdict: one.verdict,
      reason: expect.stringContaining(one.says ?? ''),
    });
    expect(alert === null).toBe(one.verdict !== 'alert');
    if (alert) expect(alert.evidence.length).toBeGreaterThan(0);
  });
});

test('there are at least 150 of them, each of its own', () => {
  const all = Object.values(categories).flat();
  expect(all.length).toBeGreaterThanOrEqual(150);
  expect(new Set(all.map((one) => JSON.stringify({ ...one, why: '' }))).size).toBe(all.length);
});
