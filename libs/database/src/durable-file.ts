import { randomUUID } from 'node:crypto';
import { open, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Writes a file aside and renames it into its folder, which exists: there is all of it or nothing, and when this
 * resolves it survives the loss of power. For what a row refers to, before that row is committed.
 *
 * @param mode permissions of the file, e.g. 0o600
 */
export async function writeDurably(path: string, content: Buffer | string, mode: number): Promise<void> {
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    const file = await open(partial, 'w', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * Makes a folder and those above it that are missing; when this resolves it survives the loss of power, also when
 * somebody else made it a moment ago.
 *
 * @param mode permissions of the folders that are made
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  const made = resolve(path);
  const first = resolve((await mkdir(made, { recursive: true, mode })) ?? made);
  for (let folder = made; ; folder = dirname(folder)) {
    await syncDirectory(dirname(folder));
    if (folder === first) return;
  }
}

/** Forces the names in a folder to the disk. On Windows the file system does so itself, and refuses to be asked. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
