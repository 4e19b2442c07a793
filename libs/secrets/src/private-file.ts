import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The text of a file that only its owner may read; at the first call `make` says what it is. Whoever calls it for
 * one path at the same time from two processes has to keep them apart.
 */
export async function privateFile(path: string, make: () => Promise<string> | string): Promise<string> {
  const stored = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (stored !== null) return stored;
  const text = await make();
  await mkdir(dirname(path), { recursive: true });
  await writePrivate(path, text);
  return text;
}

/** All or nothing: half a key in the file would lock everybody out at the next start. */
async function writePrivate(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}
