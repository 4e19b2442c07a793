/**
 * The results of `work` on each item, as they come, with no more than `limit` under way. `work` never rejects. When
 * the reader leaves, nothing new is begun.
 */
export async function* asTheyCome<Item, Result>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running = new Map<symbol, Promise<{ id: symbol; result: Result }>>();
  const next = async () => {
    const { id, result } = await Promise.race(running.values());
    running.delete(id);
    return result;
  };
  for (const item of items) {
    const id = Symbol();
    running.set(
      id,
      work(item).then((result) => ({ id, result })),
    );
    if (running.size >= limit) yield await next();
  }
  while (running.size > 0) yield await next();
}
