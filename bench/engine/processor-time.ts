import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

/** What Linux counts processor time in, seconds. */
const TICK = 0.01;

interface Stat {
  parent: number;
  /** Of the process itself, seconds. */
  own: number;
  /** Of its children that have ended, seconds. */
  ended: number;
}

async function statOf(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name, in parentheses, may hold spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = (first: number) => (Number(fields[first]) + Number(fields[first + 1])) * TICK;
  return { parent: Number(fields[1]), own: ticks(11), ended: ticks(13) };
}

/** Processor time of a process and of all the children that it ever had, seconds. Linux only. */
export async function processorSeconds(pid: number): Promise<number> {
  const stat = await statOf(pid);
  if (!stat) throw new Error(`There is no process ${pid}, or no /proc`);
  let seconds = stat.own + stat.ended;
  for (const name of await readdir('/proc')) {
    const child = /^\d+$/.test(name) ? await statOf(Number(name)) : undefined;
    if (child?.parent === pid) seconds += child.own + child.ended;
  }
  return seconds;
}

/** The process of a Postgres that all its others are children of. */
export async function serverOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const server = (await statOf(rows[0]!.pid))!.parent;
  await client.end();
  return server;
}
