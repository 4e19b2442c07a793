import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openPglite, type Durability } from '../../src/index.ts';
import { Disk } from './disk.ts';
import type { DiskOperation } from './disk-operation.ts';
import { recordDisk } from './record-disk.ts';

/** What is left after a cut, or why the database does not open. */
type Remains = { ids: number[]; torn: number } | { broken: string };

/** What `power-cuts.child.ts <durability> <number of cuts>` prints as JSON. */
export interface PowerCutsReport {
  durability: Durability;
  cuts: number;
  /** Rows that had been acknowledged, summed over all cuts. */
  acknowledged: number;
  /** Those of them that are gone, in the databases that open. */
  lost: number;
  cutsThatLost: number;
  /** Rows of half a transaction, or of which an index says otherwise than the table. */
  torn: number;
  /** What the databases say that do not open. */
  broken: string[];
}

const writers = 4;
const transactionsOfEach = 150;
/** One of so many cuts is while the database is made. */
const cutsForOneInMaking = 15;
const patienceMs = 60_000;

const [, script, command, argument] = process.argv as [string, string, string, string];
if (command === 'look') console.log(JSON.stringify(await remainsIn(argument)));
else console.log(JSON.stringify(await cutPower(command as Durability, Number(argument))));

/** Records a load on one database, and looks at what cuts of the power at random moments of it would have left. */
async function cutPower(durability: Durability, cuts: number): Promise<PowerCutsReport> {
  const folder = mkdtempSync(join(tmpdir(), 'torale-power-'));
  try {
    const { operations, made } = await record(join(folder, 'recorded'), durability);
    const moments = Array.from({ length: cuts }, (_, cut) =>
      cut % cutsForOneInMaking === cutsForOneInMaking - 1
        ? Math.floor(Math.random() * made)
        : made + Math.floor(Math.random() * (operations.length - made)),
    ).sort((a, b) => a - b);

    const report = {
      durability,
      cuts,
      acknowledged: 0,
      lost: 0,
      cutsThatLost: 0,
      torn: 0,
      broken: [] as string[],
    };
    const disk = new Disk();
    const acknowledged: number[] = [];
    let applied = 0;
    const looking = new Set<Promise<void>>();
    for (const [cut, moment] of moments.entries()) {
      for (const operation of operations.slice(applied, moment)) {
        disk.apply(operation);
        if (operation.kind === 'acknowledge') acknowledged.push(operation.id);
      }
      applied = moment;
      const copy = join(folder, String(cut));
      disk.cutTo(copy, Math.random);
      const promised = [...acknowledged];
      report.acknowledged += promised.length;
      const look = lookInto(copy).then((remains) => {
        rmSync(copy, { recursive: true });
        looking.delete(look);
        if ('broken' in remains) {
          report.broken.push(remains.broken);
          return;
        }
        const ids = new Set(remains.ids);
        const lost = promised.filter((id) => !ids.has(id)).length;
        report.lost += lost;
        report.cutsThatLost += Number(lost > 0);
        report.torn += remains.torn;
      });
      looking.add(look);
      if (looking.size === 2) await Promise.race(looking);
    }
    await Promise.all(looking);
    return report;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `made`: how many operations had been done when the database was made and idle. */
async function record(
  dataDirectory: string,
  durability: Durability,
): Promise<{ operations: DiskOperation[]; made: number }> {
  mkdirSync(dataDirectory);
  const operations = recordDisk(dataDirectory);
  const { pglite, close } = await openPglite({ dataDirectory, durability });
  await pglite.exec(`
    create table parents (id int primary key, payload text not null, digest text not null, touched int not null default 0);
    create index on parents (digest);
    create table children (id int primary key references parents (id));
  `);
  if (durability === 'process_death') operations.push({ kind: 'sync everything' });
  const made = operations.length;
  let lastId = 0;
  const write = async () => {
    for (let i = 0; i < transactionsOfEach; i++) {
      const id = ++lastId;
      const payload = Buffer.from(crypto.getRandomValues(new Uint8Array(id % 10 ? 100 : 30_000))).toString(
        'hex',
      );
      await pglite.transaction(async (tx) => {
        await tx.query('insert into parents (id, payload, digest) values ($1, $2, md5($2))', [id, payload]);
        await tx.query('update parents set touched = touched + 1 where id = $1', [
          Math.ceil(Math.random() * id),
        ]);
        await tx.query('insert into children values ($1)', [id]);
      });
      operations.push({ kind: 'acknowledge', id });
      if (id % 100 === 0) await pglite.query('checkpoint');
      if (id % 70 === 0) await pglite.query('select pg_switch_wal()');
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  // What the close does is recorded too: what it leaves must open as well.
  await close();
  return { operations, made };
}

async function lookInto(dataDirectory: string): Promise<Remains> {
  // Then the next start makes it anew, which takes seconds.
  if (!existsSync(join(dataDirectory, 'postgres'))) return { ids: [], torn: 0 };
  const child = [...process.execArgv, script, 'look', dataDirectory];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, child, { timeout: patienceMs });
    return JSON.parse(stdout) as Remains;
  } catch (error) {
    const { stderr, killed, message } = error as { stderr: string; killed: boolean; message: string };
    return {
      broken: killed ? `does not open within ${patienceMs / 1000} s` : stderr.slice(-1000) || message,
    };
  }
}

async function remainsIn(dataDirectory: string): Promise<Remains> {
  const { pglite, close } = await openPglite({ dataDirectory, durability: 'process_death' });
  try {
    const { rows: tables } = await pglite.query(`select 1 from pg_tables where tablename = 'children'`);
    if (tables.length === 0) return { ids: [], torn: 0 };
    const { rows } = await pglite.query<{ ids: number[]; torn: number }>(`
      select coalesce(array_agg(parents.id), '{}') as ids,
        (count(*) filter (where children.id is null or md5(payload) <> digest))::int as torn
      from parents left join children using (id)`);
    await pglite.exec('set enable_seqscan = off; set enable_bitmapscan = off');
    const { rows: indexed } = await pglite.query<{ count: number }>(
      `select count(*)::int as count from parents where digest > ''`,
    );
    const { ids, torn } = rows[0]!;
    return { ids, torn: torn + Math.abs(indexed[0]!.count - ids.length) };
  } finally {
    // An open PGlite keeps its process alive.
    await close();
  }
}
