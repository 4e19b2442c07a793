import { hasPostgres } from '@torale/testing';
import { expectNothingLostNorDoubled } from './short-chaos.ts';

(hasPostgres ? test : test.skip)(
  'the services, two workers and Postgres, killed 12 times: nothing lost, nothing doubled',
  async () => {
    await expectNothingLostNorDoubled('services');
  },
  600_000,
);
