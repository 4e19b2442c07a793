import { resultOfEach } from './result-of-each.ts';

async function* stream(ids: string[], error?: Error) {
  for (const delivery_id of ids) yield { delivery_id };
  if (error) throw error;
}

test('gives each its own result, whatever their order', async () => {
  const results = resultOfEach(['a', 'b', 'c'], stream(['c', 'a', 'b']));
  expect(await Promise.all(results)).toEqual([
    { delivery_id: 'a' },
    { delivery_id: 'b' },
    { delivery_id: 'c' },
  ]);
});

test('gives a result as soon as it is there', async () => {
  const slow = Promise.withResolvers<void>();
  async function* results() {
    yield { delivery_id: 'b' };
    await slow.promise;
    yield { delivery_id: 'a' };
  }
  const [a, b] = resultOfEach(['a', 'b'], results());
  expect(await b).toEqual({ delivery_id: 'b' });
  slow.resolve();
  expect(await a).toEqual({ delivery_id: 'a' });
});

test('gives two that are the same delivery the same result', async () => {
  const results = resultOfEach(['a', 'a'], stream(['a']));
  expect(await Promise.all(results)).toHaveLength(2);
});

test('rejects what the stream breaks off before', async () => {
  const results = resultOfEach(['a', 'b'], stream(['a'], new Error('the connection broke')));
  const [a, b] = await Promise.allSettled(results);
  expect(a).toMatchObject({ status: 'fulfilled' });
  expect(b).toMatchObject({ reason: new Error('the connection broke') });
});

test('rejects what the stream says nothing of', async () => {
  const results = resultOfEach(['a', 'b'], stream(['b', 'unheard of']));
  const [a, b] = await Promise.allSettled(results);
  expect(a).toMatchObject({ reason: { code: 'upstream_failed' } });
  expect(b).toMatchObject({ status: 'fulfilled' });
});
