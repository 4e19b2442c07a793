import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const timestamp = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'not a date');

/** What `meta.json` says of a pair; everything but the label may be left out, and what is not listed is ignored. */
const metaSchema = z.object({
  id: z.string().nullish(),
  label: z.string().meta({ description: '`meaningful` must alert; every other label must not.' }),
  category: z.string().nullish(),
  tier: z.string().nullish(),
  url: z.string().nullish(),
  raw_query: z.string().nullish(),
  condition: z.string().nullish(),
  before_fetched_at: timestamp.nullish(),
  after_fetched_at: timestamp.nullish(),
});

/** A page at two times, and whether what changed matters. */
export interface Pair {
  id: string;
  label: string;
  category: string;
  tier: string;
  url: string;
  /** Null: asks for whatever is real. */
  rawQuery: string | null;
  condition: string | null;
  before: { html: Buffer; fetchedAt: string };
  after: { html: Buffer; fetchedAt: string };
}

/** Before every date that a page may announce, so that each of them is still to come. */
const unknownTime = '1970-01-01T00:00:00.000Z';

/**
 * The pairs of a folder: every folder directly in it that has a `meta.json`, by name.
 * @throws Error that names the folder and what is wrong in it
 */
export async function readPairs(folder: string): Promise<Pair[]> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .sort();
  const pairs: Pair[] = [];
  for (const name of names) {
    const meta = await readFile(join(folder, name, 'meta.json'), 'utf8').catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
        throw error;
      },
    );
    if (meta !== null) pairs.push(await readPair(join(folder, name), name, meta));
  }
  if (pairs.length === 0) throw new Error(`${folder} holds no folder with a meta.json`);
  return pairs;
}

async function readPair(folder: string, name: string, json: string): Promise<Pair> {
  const parsed = metaSchema.safeParse(parseJson(json, folder));
  if (!parsed.success) throw new Error(`${folder}/meta.json: ${z.prettifyError(parsed.error)}`);
  const meta = parsed.data;
  return {
    id: meta.id ?? name,
    label: meta.label,
    category: meta.category ?? '–',
    tier: meta.tier ?? 'core',
    url: meta.url && URL.canParse(meta.url) ? meta.url : `https://example.com/${name}`,
    rawQuery: meta.raw_query?.trim() || null,
    condition: meta.condition ?? null,
    before: {
      html: await readFile(join(folder, 'before.html')),
      fetchedAt: meta.before_fetched_at ?? unknownTime,
    },
    after: {
      html: await readFile(join(folder, 'after.html')),
      fetchedAt: meta.after_fetched_at ?? unknownTime,
    },
  };
}

function parseJson(json: string, folder: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`${folder}/meta.json is not JSON`, { cause: error });
  }
}
