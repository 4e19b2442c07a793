import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Durability } from '../src/index.ts';
import type { PowerCutsReport } from './power-cuts/power-cuts.child.ts';

const script = join(import.meta.dirname, 'power-cuts/power-cuts.child.ts');

/** In a process of its own, whose file system is recorded. */
async function cutPower(durability: Durability, cuts: number): Promise<PowerCutsReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@torale/source',
    script,
    durability,
    String(cuts),
  ]);
  return JSON.parse(stdout) as PowerCutsReport;
}

describe('a cut of the power', () => {
  it('takes nothing from a database that promises to survive it', async () => {
    const report = await cutPower('power_loss', 10);
    expect(report).toMatchObject({ lost: 0, torn: 0, broken: [] });
    expect(report.acknowledged).toBeGreaterThan(0);
  }, 480_000);

  it('takes something from one that does not: the cuts that are simulated are cuts', async () => {
    const { cutsThatLost, broken } = await cutPower('process_death', 10);
    expect(cutsThatLost + broken.length).toBeGreaterThan(0);
  }, 480_000);
});
