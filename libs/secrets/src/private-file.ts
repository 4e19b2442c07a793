import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory, writeDurably } from '@torale/database';

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
  await makeDirectory(dirname(path));
  // Before any row is sealed with it. Half a key in the file would lock everybody out at the next start.
  await writeDurably(path, text, 0o600);
  return text;
}
