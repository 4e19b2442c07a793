/** Rows that one statement deletes at most: bounds how long it holds its locks. */
const BATCH = 10_000;

/**
 * Deletes batch after batch until there is nothing left; returns the number of rows.
 * @param forget deletes so many rows at most, and resolves with how many it were
 */
export async function forgetInBatches(forget: (atMost: number) => Promise<number>): Promise<number> {
  for (let total = 0; ;) {
    const forgotten = await forget(BATCH);
    total += forgotten;
    if (forgotten < BATCH) return total;
  }
}
