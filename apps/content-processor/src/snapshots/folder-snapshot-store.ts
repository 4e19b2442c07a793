import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SnapshotStore } from './snapshot-store.ts';

const safeKey = /^[\w-]+\/[\w-]+(?:\.\w+)?$/;

/** Snapshots in a folder, one file each, readable by this user alone. */
export class FolderSnapshotStore implements SnapshotStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Written aside and renamed: a crash leaves no half file under a key. */
  async put(key: string, bytes: Buffer): Promise<void> {
    const path = this.#pathOf(key);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const partial = `${path}.${randomUUID()}.partial`;
    try {
      await writeFile(partial, bytes, { mode: 0o600 });
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
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
    }
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
