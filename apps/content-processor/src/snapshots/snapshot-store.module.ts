import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import { FolderSnapshotStore } from './folder-snapshot-store.ts';
import { SNAPSHOT_STORE, type SnapshotStore } from './snapshot-store.ts';
import { snapshotsConfig, type SnapshotsConfig } from './snapshots.config.ts';
import { SupabaseSnapshotStore } from './supabase-snapshot-store.ts';

/** The bucket that the configuration names, else a folder. */
export function createSnapshotStore(config: SnapshotsConfig): SnapshotStore {
  const { SNAPSHOT_BUCKET, SUPABASE_URL, SUPABASE_SERVICE_KEY, TORALE_DATA_DIR } = config;
  return SNAPSHOT_BUCKET && SUPABASE_URL && SUPABASE_SERVICE_KEY
    ? new SupabaseSnapshotStore({
        url: SUPABASE_URL,
        serviceKey: SUPABASE_SERVICE_KEY,
        bucket: SNAPSHOT_BUCKET,
      })
    : new FolderSnapshotStore(join(TORALE_DATA_DIR, 'snapshots'));
}

/** Provides SNAPSHOT_STORE everywhere; needs the values of `snapshotsConfig`. */
@Global()
@Module({
  providers: [{ provide: SNAPSHOT_STORE, useFactory: createSnapshotStore, inject: [snapshotsConfig.token] }],
  exports: [SNAPSHOT_STORE],
})
export class SnapshotStoreModule {}
