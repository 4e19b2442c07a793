import { AppError } from '@torale/contracts';

/**
 * One promise for each delivery, in the order of `deliveryIds`, resolved when the stream says how it ended. Those of
 * which it has said nothing when it ends or breaks are rejected.
 */
export function resultOfEach<Result extends { delivery_id: string }>(
  deliveryIds: readonly string[],
  results: AsyncIterable<Result>,
): Promise<Result>[] {
  const awaited = new Map(deliveryIds.map((id) => [id, Promise.withResolvers<Result>()]));
  const rejectRest = (error: unknown) => awaited.forEach(({ reject }) => reject(error));
  read(results, (result) => awaited.get(result.delivery_id)?.resolve(result)).then(
    () => rejectRest(new AppError('upstream_failed', 'Nothing was said of this delivery')),
    rejectRest,
  );
  return deliveryIds.map((id) => awaited.get(id)!.promise);
}

async function read<Result>(results: AsyncIterable<Result>, take: (result: Result) => void): Promise<void> {
  for await (const result of results) take(result);
}
