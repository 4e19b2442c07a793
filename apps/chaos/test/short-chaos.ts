import { randomInt } from 'node:crypto';
import { runChaos, type ChaosOptions } from '../src/chaos.ts';

/** `npm run chaos` in short. What it says on its way, the seed too, is in the message of a failure. */
export async function expectNothingLostNorDoubled(form: ChaosOptions['form']): Promise<void> {
  const progress: string[] = [];
  const { table, violations } = await runChaos({
    form,
    kills: 12,
    sources: 40,
    intervalSeconds: 3,
    seed: randomInt(1_000_000),
    progress: (line) => progress.push(line),
  });
  expect({ violations, ...(violations.length > 0 && { progress }) }).toEqual({ violations: [] });
  // Else nothing has been proved.
  expect(table).toMatchObject({ alerts: expect.any(Number), sources: 40 });
  expect(table['changes']).toBeGreaterThan(0);
}
