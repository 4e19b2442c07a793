import { execFile } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { openPglite } from '@torale/database';

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '0' },
    commits: { type: 'string', default: '3000' },
    rounds: { type: 'string', default: '3' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const commits = Number(values.commits);
const rounds = Number(values.rounds);
const row = 'x'.repeat(200);
/** What Postgres writes to its log for one such commit. */
const walPageBytes = 8192;
const walSegmentBytes = 16 * 1024 * 1024;

const folder = mkdtempSync(join(values.folder, 'torale-durability-'));
try {
  const durations = new Map();
  // Modes take turns, so that what else the machine does meets all of them.
  for (let round = 0; round < rounds; round++) {
    await measure('bare write + fdatasync', 1, 0, bare());
    for (const durability of ['power_loss', 'process_death']) await measureDatabase(durability, round);
  }
  console.table(
    [...durations.values()].map(({ name, inFlight, seconds, cpuMs, latencies }) => ({
      'one row per commit': name,
      'in flight': inFlight,
      'commits/s': Math.round(latencies.length / seconds),
      'p50 ms': percentile(latencies, 0.5),
      'p99 ms': percentile(latencies, 0.99),
      'CPU ms': (cpuMs / latencies.length).toFixed(2),
    })),
  );

  async function measureDatabase(durability, round) {
    const dataDirectory = join(folder, `${durability}-${round}`);
    const database = await openPglite({ dataDirectory, durability });
    await database.pglite.exec(
      'create table rows (id bigint generated always as identity primary key, text text)',
    );
    const commit = () =>
      database.pglite.transaction((transaction) =>
        transaction.query('insert into rows (text) values ($1)', [row]),
      );
    for (const inFlight of [1, 50]) await measure(durability, inFlight, 300, { commit });
    await database.close();
  }

  /** Runs `commit` so many times, after some that do not count. */
  async function measure(name, inFlight, unmeasured, { commit, close }) {
    for (let i = 0; i < unmeasured; i++) await commit();
    const key = `${name} ${inFlight}`;
    const total = durations.get(key) ?? { name, inFlight, seconds: 0, cpuMs: 0, latencies: [] };
    durations.set(key, total);
    const cpu = process.cpuUsage();
    const start = performance.now();
    let left = commits;
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (left-- > 0) {
          const begun = performance.now();
          await commit();
          total.latencies.push(performance.now() - begun);
        }
      }),
    );
    total.seconds += (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    total.cpuMs += (user + system) / 1000;
    close?.();
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** The limit: the page that holds a commit, forced to the disk in a file that has its size. */
function bare() {
  const file = openSync(join(folder, 'bare'), 'w');
  const page = Buffer.alloc(walPageBytes, 1);
  writeSync(file, Buffer.alloc(walSegmentBytes), 0, walSegmentBytes, 0);
  fdatasyncSync(file);
  let pages = 0;
  return {
    commit: async () => {
      writeSync(file, page, 0, walPageBytes, (pages++ * walPageBytes) % walSegmentBytes);
      fdatasyncSync(file);
    },
    close: () => closeSync(file),
  };
}

function percentile(latencies, share) {
  return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * share)].toFixed(2);
}

if (Number(values.cuts) > 0) {
  const script = join(import.meta.dirname, '../../libs/database/test/power-cuts/power-cuts.child.ts');
  const rows = [];
  for (const durability of ['power_loss', 'process_death']) {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--conditions=@torale/source',
      script,
      durability,
      values.cuts,
    ]);
    const { broken, ...report } = JSON.parse(stdout);
    rows.push({ ...report, broken: broken.length });
    for (const reason of new Set(
      broken.map((said) => said.replace(/[\d:. -]+UTC|[\dA-F]+\/[\dA-F]+/g, '…').trim()),
    )) {
      console.log(`${durability}: ${reason}`);
    }
  }
  console.table(rows);
}
