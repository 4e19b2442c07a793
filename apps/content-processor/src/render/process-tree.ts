import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessUse {
  pid: number;
  /** Memory of its own, without files that it shares with others, bytes. */
  memory: number;
  /** That holds the contents of one site. */
  isRenderer: boolean;
}

/** A process and all that descend from it; empty where there is no /proc, and when it has ended. */
export function processTree(root: number): ProcessUse[] {
  const children = new Map<number, number[]>();
  for (const entry of unlessEnded(() => readdirSync('/proc')) ?? []) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    // The name of a program, in parentheses, may hold anything.
    const parent = Number(/^.*\) . (\d+)/s.exec(readProc(`${pid}/stat`) ?? '')?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree: ProcessUse[] = [];
  const work = [root];
  for (let pid = work.pop(); pid !== undefined; pid = work.pop()) {
    const status = readProc(`${pid}/status`);
    if (status === undefined) continue;
    const kilobytes = (field: string) =>
      Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    tree.push({
      pid,
      memory: (kilobytes('RssAnon') + kilobytes('RssShmem')) * 1024,
      isRenderer: (readProc(`${pid}/cmdline`) ?? '').includes('--type=renderer'),
    });
    work.push(...(children.get(pid) ?? []));
  }
  return tree;
}

function unlessEnded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const readProc = (path: string) => unlessEnded(() => readFileSync(`/proc/${path}`, 'utf8'));
