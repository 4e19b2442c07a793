import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks until the answer is there (not null, undefined or false) and gives it; rejects when `timeoutMs` passed,
 * with what was waited for.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(50);
  }
}
