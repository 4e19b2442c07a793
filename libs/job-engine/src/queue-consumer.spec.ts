import type { JobWithMetadata } from 'pg-boss';
import type { Claim, JobClaims } from './job-claims.ts';
import { QueueConsumer } from './queue-consumer.ts';
import { queuePolicies } from './queue-policies.ts';
import type { Recorded, Settlements } from './settlements.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a job that was lost and claimed again before that was known keeps its new claim', async () => {
  const claimed = [0, 1].map(
    (retryCount) => ({ id: 'a job', retryCount, expireInSeconds: 60 }) as JobWithMetadata<object>,
  );
  const first = Promise.withResolvers<Recorded>();
  const claims: Pick<JobClaims, 'take'> = { take: async () => claimed.splice(0, 1) };
  const settlements: Pick<Settlements, 'settle'> = {
    settle: ({ retryCount }: Claim) => (retryCount === 0 ? first.promise : Promise.resolve('recorded')),
  };
  const second = Promise.withResolvers<void>();
  const consumer = new QueueConsumer(
    claims as JobClaims,
    settlements as Settlements,
    {
      queue: 'deliver',
      policy: queuePolicies.deliver,
      concurrency: { min: 2, max: 2 },
      batch: 1,
      run: ([started]) => [started!.job.retryCount === 0 ? Promise.resolve() : second.promise],
      keepDone: false,
    },
    () => undefined,
  );
  await turn();
  // The database is away when the first try ends, and its claim is over when the database is back.
  consumer.wake();
  await turn();
  first.resolve('lost');
  await turn();
  expect(consumer.claimsToRenew().claims).toEqual([{ queue: 'deliver', id: 'a job', retryCount: 1 }]);
  expect(consumer.running).toBe(1);
  second.resolve();
  await consumer.stop(1_000);
  expect(consumer.running).toBe(0);
});
