/** The results in the order in which they end. What one of them rejects with ends the reading. */
export function asTheyEnd<Result>(results: readonly Promise<Result>[]): AsyncIterable<Result> {
  return new ReadableStream<Result>({
    async start(controller) {
      try {
        await Promise.all(results.map(async (result) => controller.enqueue(await result)));
        controller.close();
      } catch (error) {
        controller.error(error);
      }
    },
  });
}
