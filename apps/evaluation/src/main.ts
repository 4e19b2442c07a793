import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { LocalEmbedder } from '@torale/ai';
import { judgePair, type JudgedPair } from './judge-pair.ts';
import { readPairs } from './pair.ts';
import { renderReport } from './report.ts';
import { isWrong, renderTable, summaryOf } from './summary.ts';

const usage = 'npm run eval -- --data <folder> [--json <file>] [--report <file.html>]';
/** As many wrong pairs as a person reads in a terminal; all of them are in the report. */
const mostWrong = 40;

const { data, json, report } = readArguments();
const embedder = await LocalEmbedder.load();
const judged: JudgedPair[] = [];
for (const pair of await readPairs(data)) judged.push(await judgePair(pair, embedder));

const tables = summaryOf(judged);
console.log(tables.map(renderTable).join('\n\n'));
const wrong = judged.filter(isWrong);
console.log(`\nWrong: ${wrong.length} of ${judged.length}`);
for (const { pair, verdict, reason } of wrong.slice(0, mostWrong)) {
  console.log(`  ${pair.id}  ${pair.tier} ${pair.category}: ${verdict}. ${reason.slice(0, 300)}`);
}
const time = judged.reduce((sum, { judgeMs }) => sum + judgeMs, 0) / judged.length;
console.log(`\nJudge: ${time.toFixed(1)} ms of CPU per pair`);

if (json) {
  const pairs = judged.map(({ pair, alerted, verdict, reason }) => ({
    id: pair.id,
    alerted,
    verdict,
    reason,
  }));
  await writeFile(json, `${JSON.stringify({ pairs }, null, 1)}\n`);
}
if (report) await writeFile(report, renderReport(data, tables, judged));

function readArguments(): { data: string; json: string | undefined; report: string | undefined } {
  try {
    const { values } = parseArgs({
      options: { data: { type: 'string' }, json: { type: 'string' }, report: { type: 'string' } },
    });
    const { data, json, report } = values;
    if (data) return { data, json, report };
  } catch (error) {
    console.error((error as Error).message);
  }
  console.error(usage);
  process.exit(2);
}
