// CPU time of one comparison and judgement, by size of the page and share of it that changed.
// Limits are those of the machine that it runs on: a 2020 laptop core is well below them.
import { performance } from 'node:perf_hooks';
import { LocalEmbedder } from '@torale/ai';
import { judge, readSentence } from '@torale/change-detector';

const sizes = [10, 100, 1000];
const shares = [0, 0.01, 0.1];
/** 1000 blocks, 1 % changed: ms. */
const limits = { without: 20, with: 60 };
/** Ten times the blocks may take this many times the time: n log n, and what is noise of measuring. */
const growth = (10 * Math.log(1000)) / Math.log(100);
const slack = 1.35;

const topics =
  'aurora harbour ledger meadow signal turbine violin glacier lantern orchard quarry saddle'.split(' ');
const prose = (n, edited) =>
  `Paragraph ${n} on ${topics[n % 12]} and ${topics[(n * 7 + 3) % 12]} says that members of group ${n} ${edited ? 'must' : 'may'} ask the ${topics[(n * 5 + 1) % 12]} office for a copy of what it holds about them.`;
const offer = (n, edited) =>
  `Model ${topics[n % 12]} ${n}: $${(400 + ((n * 37) % 500) - (edited ? 25 : 0)).toFixed(2)}, in stock, ships on March ${1 + (n % 28)}, 2027`;

const launch = (n, edited) =>
  `Aurora ${topics[n % 12]} ${n} is released on March ${1 + (n % 28)}, ${edited ? 2028 : 2027}, the ${topics[(n * 5 + 1) % 12]} office says`;

const pages = {
  'any change, prose': { ask: 'Tell me when anything changes on this page', text: prose },
  'any change, offers': { ask: 'Tell me when anything changes on this page', text: offer },
  'price below a bound, offers': {
    ask: 'Tell me when the price of model aurora 12 drops below $300',
    text: offer,
  },
  'a date is announced, dates': { ask: 'Tell me when the aurora gets a release date', text: launch },
};

/** Pages of this run have no text in common with those of another, so that nothing is remembered from run to run. */
let run = 0;
const blocks = (size, text, edited) =>
  Array.from({ length: size }, (_, n) => {
    const content = `${text(n, edited(n))} (${run})`;
    return { kind: 'paragraph', text: content, path: [`Section ${Math.floor(n / 20)}`], hash: content };
  });

async function cpuMs(task, budgetMs = 400) {
  for (let i = 0; i < 3; i++) await task();
  const start = process.cpuUsage();
  const begin = performance.now();
  let runs = 0;
  while (runs < 5 || performance.now() - begin < budgetMs) {
    await task();
    runs++;
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / runs;
}

const embedder = await LocalEmbedder.load();
const rows = [];
for (const [name, { ask, text }] of Object.entries(pages)) {
  for (const [model, using] of [
    ['without', null],
    ['with', embedder],
  ]) {
    for (const share of shares) {
      const times = [];
      for (const size of sizes) {
        const every = share === 0 ? Infinity : Math.max(1, Math.round(1 / share));
        const task = () => {
          run++;
          return judge(
            {
              reading: readSentence(ask, null),
              notifyBehavior: 'always',
              sourceUrl: 'https://example.com/',
              before: {
                title: 'Bench',
                blocks: blocks(size, text, () => false),
                fetched_at: '2026-11-21T00:00:00.000Z',
              },
              after: {
                title: 'Bench',
                blocks: blocks(size, text, (n) => n % every === Math.min(5, every - 1)),
                fetched_at: '2026-11-22T00:00:00.000Z',
              },
            },
            using,
          );
        };
        times.push(await cpuMs(task));
      }
      rows.push({ name, model, share, times });
    }
  }
}

const problems = [];
console.log(
  `${'page'.padEnd(30)}${'embedding'.padEnd(11)}${'changed'.padEnd(9)}${sizes.map((size) => `${size} blocks`.padStart(13)).join('')}   CPU ms per comparison`,
);
for (const { name, model, share, times } of rows) {
  console.log(
    `${name.padEnd(30)}${model.padEnd(11)}${`${share * 100} %`.padEnd(9)}${times.map((time) => time.toFixed(2).padStart(13)).join('')}`,
  );
  if (share === 0.01 && times[2] > limits[model])
    problems.push(
      `${name}, ${model} embedding: ${times[2].toFixed(1)} ms for 1000 blocks, limit ${limits[model]} ms`,
    );
  if (times[2] / times[1] > growth * slack)
    problems.push(
      `${name}, ${model} embedding, ${share * 100} % changed: ${(times[2] / times[1]).toFixed(1)} times the time for ten times the blocks`,
    );
}
console.log(problems.length === 0 ? '\nWithin all limits.' : `\n${problems.join('\n')}`);
process.exitCode = problems.length === 0 ? 0 : 1;
