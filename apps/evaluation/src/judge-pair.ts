import { isUtf8 } from 'node:buffer';
import type { Embedder } from '@torale/ai';
import { judge, readSentence, type Examination } from '@torale/change-detector';
import { extractContent, ExtractionError, type ExtractedContent } from '@torale/content-processor';
import type { Evidence, Verdict } from '@torale/contracts';
import { baselines } from './baselines.ts';
import type { Pair } from './pair.ts';

/** What Torale, and each baseline, makes of a pair. */
export interface JudgedPair {
  pair: Pair;
  /** `failed`: one of the pages is an error, a bot wall or empty, so the check ends before the judge. */
  verdict: Verdict | 'failed';
  alerted: boolean;
  reason: string;
  confidence: number | null;
  evidence: readonly Evidence[];
  changes: Examination['changes'];
  /** CPU time of the judge alone, ms. */
  judgeMs: number;
  /** Whether each baseline alerts, by its name. */
  baselines: Record<string, boolean>;
}

const maxBlocks = 3000;
const anyChange = 'Tell me when anything real changes on this page';

/** Extracts both pages and judges what changed for the pair's sentence, as a check does. */
export async function judgePair(pair: Pair, embedder: Embedder): Promise<JudgedPair> {
  const rivals = Object.fromEntries(Object.entries(baselines).map(([name, alerts]) => [name, alerts(pair)]));
  const contents = await extractBoth(pair);
  if (contents instanceof ExtractionError) {
    return { pair, verdict: 'failed', alerted: false, reason: contents.message, confidence: null, evidence: [], changes: [], judgeMs: 0, baselines: rivals }; // prettier-ignore
  }
  const [before, after] = contents;
  const start = process.cpuUsage();
  const { verdict, reason, alert, examined } = await judge(
    {
      reading: readSentence(pair.rawQuery ?? anyChange, pair.condition),
      notifyBehavior: 'always',
      sourceUrl: pair.url,
      before: { ...before, fetched_at: pair.before.fetchedAt },
      after: { ...after, fetched_at: pair.after.fetchedAt },
    },
    embedder,
  );
  const { user, system } = process.cpuUsage(start);
  return {
    pair,
    verdict,
    alerted: verdict === 'alert',
    reason,
    confidence: alert?.confidence ?? null,
    evidence: alert?.evidence ?? [],
    changes: examined.changes,
    judgeMs: (user + system) / 1000,
    baselines: rivals,
  };
}

async function extractBoth(pair: Pair): Promise<[ExtractedContent, ExtractedContent] | ExtractionError> {
  const extract = (body: Buffer) =>
    extractContent(
      {
        status: 200,
        // Pages that were stored as UTF-8 may still name the charset that they were served in.
        headers: { 'content-type': isUtf8(body) ? 'text/html; charset=utf-8' : 'text/html' },
        url: pair.url,
        body,
      },
      { requested_url: pair.url, max_blocks: maxBlocks, include: [], exclude: [], facets: [] },
    );
  try {
    return [await extract(pair.before.html), await extract(pair.after.html)];
  } catch (error) {
    if (error instanceof ExtractionError) return error;
    throw error;
  }
}
