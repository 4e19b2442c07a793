import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '@torale/contracts';

const SQLITE_BUSY = 5;

/** A connection that nothing refers to is collected as garbage, and its lock with it. */
const held = new Set<DatabaseSync>();

export interface DataDirectoryLock {
  release(): void;
}

/**
 * Takes a data directory for this process alone; throws when another one has it. PGlite itself has no lock, and two
 * processes on one directory silently lose each other's rows.
 *
 * The lock is SQLite's exclusive lock on an empty database file: the operating system holds it and drops it the
 * moment the process ends, however it ends, so there is no stale lock to wait for or to delete by hand.
 */
export function lockDataDirectory(directory: string): DataDirectoryLock {
  const holder = join(directory, 'lock.pid');
  const file = new DatabaseSync(join(directory, 'lock'), { timeout: 0 });
  try {
    file.exec('begin exclusive');
  } catch (error) {
    file.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new StartError(
      `${directory} is already used by another Torale (pid ${readFileSync(holder, 'utf8')}); ` +
        'stop it or set TORALE_DATA_DIR to another folder',
    );
  }
  writeFileSync(holder, String(process.pid));
  held.add(file);
  return {
    release() {
      held.delete(file);
      file.close();
    },
  };
}
