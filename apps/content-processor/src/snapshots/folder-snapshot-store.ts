import { readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory, syncDirectory, writeDurably } from '@torale/database';
import type { SnapshotStore } from './snapshot-store.ts';

const safeKey = /^[\w-]+\/[\w-]+(?:\.\w+)?$/;

/**
 * Snapshots in a folder, one file each, readable by this user alone. What was put or deleted stays so when the power is
 * cut: a row that is committed afterwards may refer to it, or may have been the last to know of it.
 */
export class FolderSnapshotStore implements SnapshotStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(key: string, bytes: Buffer): Promise<void> {
    const path = this.#pathOf(key);
    await makeDirectory(this.#folder, 0o700);
    await makeDirectory(dirname(path), 0o700);
    await writeDurably(path, bytes, 0o600);
  }

  async get(key: string): Promise<Buffer | null> {
    return readFile(this.#pathOf(key)).catch(nullWhenMissing);
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) await rm(this.#pathOf(key), { force: true });
    for (const folder of new Set(keys.map((key) => dirname(this.#pathOf(key))))) {
      await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
      });
      await syncDirectory(folder).catch(nullWhenMissing);
    }
    await syncDirectory(this.#folder).catch(nullWhenMissing);
  }

  #pathOf(key: string): string {
    if (!safeKey.test(key)) throw new Error(`${JSON.stringify(key)} is no key of a snapshot`);
    return join(this.#folder, key);
  }
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
