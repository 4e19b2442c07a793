/** Does `work` for 0 … count-1, so many at once. */
export async function measure(count, inFlight, work) {
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
