/**
 * What scheduling, jobs and deliveries cost: `npm run bench:engine`, or some of it: `npm run bench:engine -- dispatch idle workers deliveries`.
 * Needs Postgres (scripts/install-postgres.sh) and Linux.
 */
import { measureDeliveries } from './deliveries.ts';
import { measureDispatch } from './dispatch.ts';
import { measureIdle } from './idle.ts';
import { Limits } from './limits.ts';
import { measureWorkers } from './workers.ts';

const parts = {
  dispatch: measureDispatch,
  idle: measureIdle,
  workers: measureWorkers,
  deliveries: measureDeliveries,
};
const wanted = process.argv.slice(2);
const limits = new Limits();
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${name}`);
  await measure(limits);
}
process.exitCode = limits.finish();
