import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite, type Extensions, type PGliteOptions } from '@electric-sql/pglite';
import type { Durability } from './database.config.ts';
import { PgliteFileSystem } from './pglite-file-system.ts';

/**
 * PGlite in the folder `postgres` of a data directory that exists, made when it is missing: all of it or nothing,
 * however the making ends.
 */
export async function openPgliteOnDisk(
  dataDirectory: string,
  durability: Durability,
  options: PGliteOptions<Extensions>,
): Promise<PGlite> {
  const cluster = join(dataDirectory, 'postgres');
  const safe = durability === 'power_loss';
  if (!existsSync(cluster)) {
    const unfinished = `${cluster}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    await (await PGlite.create({ fs: new PgliteFileSystem(unfinished) })).close();
    if (safe) syncTree(unfinished);
    renameSync(unfinished, cluster);
    if (safe) markSynced(dataDirectory);
  } else if (!safe) {
    rmSync(syncedMark(dataDirectory), { force: true });
  } else if (!existsSync(syncedMark(dataDirectory))) {
    syncTree(cluster);
    markSynced(dataDirectory);
  }
  const startParams = safe
    ? [...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'), '-c', 'wal_sync_method=fsync']
    : PGlite.defaultStartParams;
  return PGlite.create({ ...options, fs: new PgliteFileSystem(cluster), startParams });
}

/** Says that nothing in the cluster is left from a time in which Postgres did not sync what it wrote. */
const syncedMark = (dataDirectory: string) => join(dataDirectory, 'postgres.synced');

function markSynced(dataDirectory: string): void {
  closeSync(openSync(syncedMark(dataDirectory), 'w'));
  sync(dataDirectory);
}

function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else sync(path);
  }
  sync(folder);
}

/** Not a directory on Windows, which cannot be opened there and needs no sync. */
function sync(path: string): void {
  let file;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (process.platform === 'win32' && (error as NodeJS.ErrnoException).code === 'EISDIR') return;
    throw error;
  }
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
