/** Where bytes are kept under a key of our own making, such as `<source id>/<uuid>.zst`. */
export interface SnapshotStore {
  /** Again under the same key replaces. */
  put(key: string, bytes: Buffer): Promise<void>;
  /** Null when there is nothing under the key. */
  get(key: string): Promise<Buffer | null>;
  /** Keys that hold nothing are passed over. */
  delete(keys: readonly string[]): Promise<void>;
}
export const SNAPSHOT_STORE = Symbol.for('torale.SnapshotStore');
