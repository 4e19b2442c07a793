export interface Measurement {
  /** Processor time of this process for each, milliseconds. */
  cpuMs: number;
  perSecond: number;
}

/** Does `work` for 0 … count-1, so many at once. */
export async function measure(
  count: number,
  inFlight: number,
  work: (i: number) => Promise<unknown>,
): Promise<Measurement> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  const cpu = process.cpuUsage();
  const started = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000 / count, perSecond: count / seconds };
}
