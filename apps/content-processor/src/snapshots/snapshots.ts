import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { SNAPSHOT_STORE, type SnapshotStore } from './snapshot-store.ts';
import { SnapshotsRepository } from './snapshots.repository.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Longer than any transaction that may still come to refer to a key. */
const sweepAfterSeconds = 3600;
const sweepBatch = 500;

/** Something kept in the store, to which a row may refer by `referTo`. */
export interface KeptSnapshot {
  key: string;
  /** As kept, compressed. */
  bytes: number;
}

/** What was fetched, as it was fetched. */
@Injectable()
export class Snapshots {
  readonly #logger = new Logger(Snapshots.name);

  constructor(
    @Inject(SNAPSHOT_STORE) private readonly store: SnapshotStore,
    @Inject(SnapshotsRepository) private readonly repository: SnapshotsRepository,
  ) {}

  /**
   * Keeps a body, compressed; it is swept away unless a row refers to it within the hour. Null when the store fails:
   * a snapshot is proof of a content, and the content is worth more than its proof.
   */
  async keep(sourceId: string, body: Buffer): Promise<KeptSnapshot | null> {
    const key = `${sourceId}/${randomUUID()}.zst`;
    const compressed = await compress(body);
    await this.repository.noteUnreferenced(key);
    try {
      await this.store.put(key, compressed);
    } catch (error) {
      this.#logger.error(error, `The snapshot ${key} could not be kept; storing the content without it`);
      return null;
    }
    return { key, bytes: compressed.length };
  }

  /** The body as it was fetched; null when it is gone. */
  async read(key: string): Promise<Buffer | null> {
    const compressed = await this.store.get(key);
    return compressed && decompress(compressed);
  }

  /** Removes what nothing refers to, until there is nothing left or `signal` says so. Resolves with their number. */
  async sweep(signal: AbortSignal): Promise<number> {
    let swept = 0;
    while (!signal.aborted) {
      const keys = await this.repository.findUnreferenced(sweepAfterSeconds, sweepBatch);
      if (keys.length === 0) break;
      await this.store.delete(keys);
      await this.repository.forget(keys);
      swept += keys.length;
    }
    return swept;
  }
}
