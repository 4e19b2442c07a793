import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a process holds in memory, megabytes; undefined when it is gone. */
export async function residentMegabytes(pid: number): Promise<number | undefined> {
  const kilobytes = await run('ps', ['-o', 'rss=', '-p', String(pid)]).then(
    ({ stdout }) => Number(stdout),
    () => 0,
  );
  return kilobytes === 0 ? undefined : Math.round(kilobytes / 1024);
}
