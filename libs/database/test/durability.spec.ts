import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openPglite, type Durability, type PgliteDatabase } from '../src/index.ts';
import { keepInShape } from '../src/pglite-upkeep.ts';

describe('the embedded database on disk', () => {
  let folder: string;
  let opened: PgliteDatabase | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'torale-durability-'));
  });
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
    await rm(folder, { recursive: true });
  });

  async function open(durability?: Durability): Promise<PgliteDatabase> {
    await opened?.close();
    return (opened = await openPglite({ dataDirectory: folder, ...(durability && { durability }) }));
  }
  const setting = async (name: string) =>
    (await opened!.pglite.query<Record<string, string>>(`show ${name}`)).rows[0]![name];

  it('lets Postgres sync unless it is told not to, and syncs what was not when it is told to again', async () => {
    await open('process_death');
    expect(await setting('fsync')).toBe('off');
    await opened!.pglite.exec('create table kept as select 1 as id');

    await open();
    expect(await setting('fsync')).toBe('on');
    // Of the methods the only one that reaches the disk through Emscripten.
    expect(await setting('wal_sync_method')).toBe('fsync');
    const mark = join(folder, 'postgres.synced');
    await access(mark);

    await open('process_death');
    await expect(access(mark)).rejects.toThrow('ENOENT');
    expect((await opened!.pglite.query('select id from kept')).rows).toEqual([{ id: 1 }]);
  }, 180_000);

  it('makes a database again whose making was interrupted', async () => {
    const unfinished = join(folder, 'postgres.unfinished');
    await mkdir(unfinished);
    await writeFile(join(unfinished, 'PG_VERSION'), '18\n');
    await open();
    await opened!.ping();
    expect(await readdir(folder)).not.toContain('postgres.unfinished');
  }, 180_000);

  it('ends the process when the disk refuses a sync, without acknowledging what was not synced', async () => {
    const child = ['--conditions=@torale/source', join(import.meta.dirname, 'disk-failure.child.ts'), folder];
    const failure = await promisify(execFile)(process.execPath, child).then(
      () => undefined,
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    expect(failure).toMatchObject({ code: 1, stdout: 'first ' });
    expect(failure!.stderr).toMatch(/Postgres panicked, so Torale ends.*could not fsync file.*I\/O error/);
    await open();
    const { rows } = await opened!.pglite.query('select id from kept where id = 1');
    expect(rows).toEqual([{ id: 1 }]);
  }, 180_000);

  it('keeps its log short and its tables vacuumed', async () => {
    await open('process_death');
    await opened!.pglite.exec('create table filled (text text storage external)');
    const unchecked = async () =>
      (
        await opened!.pglite.query<{ written: number; toReplay: number }>(`
          select (pg_current_wal_lsn() - '0/0')::float8 as written, (pg_current_wal_lsn() - redo_lsn)::float8 as "toReplay"
            from pg_control_checkpoint()`)
      ).rows[0]!;
    const before = await unchecked();
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'] });
    const stop = keepInShape(opened!.pglite);
    try {
      for (let i = 0; i < 24; i++) {
        await opened!.pglite.query(
          `insert into filled select repeat(md5(n::text), 200) from generate_series(1, 1000) n`,
        );
        await jest.advanceTimersByTimeAsync(60_000);
        await opened!.ping();
      }
    } finally {
      stop();
      jest.useRealTimers();
    }
    const { written, toReplay } = await unchecked();
    expect(written - before.written).toBeGreaterThan(96 * 2 ** 20);
    expect(toReplay).toBeLessThan(80 * 2 ** 20);
    const { rows } = await opened!.pglite.query(
      `select vacuum_count > 0 as vacuumed, analyze_count > 0 as analysed from pg_stat_user_tables
        where relname = 'filled'`,
    );
    expect(rows).toEqual([{ vacuumed: true, analysed: true }]);
  }, 240_000);
});
