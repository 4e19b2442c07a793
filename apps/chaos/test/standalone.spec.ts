import { expectNothingLostNorDoubled } from './short-chaos.ts';

test('standalone, killed 12 times: nothing lost, nothing doubled', async () => {
  await expectNothingLostNorDoubled('standalone');
}, 600_000);
