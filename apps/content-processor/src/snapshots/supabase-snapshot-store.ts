import { StorageClient } from '@supabase/storage-js';
import type { SnapshotStore } from './snapshot-store.ts';

/** One exchange with Supabase Storage, milliseconds. */
const timeoutMs = 15_000;
const mostKeysPerCall = 500;

export interface SupabaseSnapshotStoreOptions {
  /** The project, e.g. `https://abc.supabase.co`. */
  url: string;
  serviceKey: string;
  /** A private bucket that exists. */
  bucket: string;
}

/** Snapshots in a private bucket of Supabase Storage. Rejects with what Supabase says is wrong. */
export class SupabaseSnapshotStore implements SnapshotStore {
  readonly #bucket: ReturnType<StorageClient['from']>;

  constructor({ url, serviceKey, bucket }: SupabaseSnapshotStoreOptions) {
    const headers = { apikey: serviceKey, authorization: `Bearer ${serviceKey}` };
    const client = new StorageClient(`${url}/storage/v1`, headers, (input, init) =>
      fetch(input, { ...init, signal: AbortSignal.timeout(timeoutMs) }),
    );
    this.#bucket = client.from(bucket);
  }

  async put(key: string, bytes: Buffer): Promise<void> {
    const { error } = await this.#bucket.upload(key, bytes, {
      contentType: 'application/octet-stream',
      upsert: true,
    });
    if (error) throw error;
  }

  async get(key: string): Promise<Buffer | null> {
    const { data, error } = await this.#bucket.download(key);
    if (error) {
      if (isMissing(error)) return null;
      throw error;
    }
    return Buffer.from(await data.arrayBuffer());
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += mostKeysPerCall) {
      const { error } = await this.#bucket.remove(keys.slice(start, start + mostKeysPerCall));
      if (error) throw error;
    }
  }
}

/** Supabase answers 400 with a `statusCode` of 404 in the body; a missing bucket looks the same but for its words. */
function isMissing(error: Error): boolean {
  return 'statusCode' in error && String(error.statusCode) === '404' && !/bucket/i.test(error.message);
}
