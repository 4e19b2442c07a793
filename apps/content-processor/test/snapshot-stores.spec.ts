import { readlinkSync, statSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeSupabaseStorage } from '@torale/testing';
import { createSnapshotStore } from '../src/snapshots/snapshot-store.module.ts';
import type { SnapshotStore } from '../src/snapshots/snapshot-store.ts';
import { snapshotsConfig } from '../src/snapshots/snapshots.config.ts';

const serviceKey = 'service-key';
let directory: string;
let storage: FakeSupabaseStorage;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'torale-'));
  storage = await FakeSupabaseStorage.start(serviceKey, 'snapshots');
});
afterEach(async () => {
  await rm(directory, { recursive: true });
  await storage.close();
});

const storeOf = (environment: Record<string, string>): SnapshotStore =>
  createSnapshotStore(snapshotsConfig.schema.parse({ TORALE_DATA_DIR: directory, ...environment }));
const bucket = (environment: Record<string, string> = {}) =>
  storeOf({
    SNAPSHOT_BUCKET: 'snapshots',
    SUPABASE_URL: storage.url,
    SUPABASE_SERVICE_KEY: serviceKey,
    ...environment,
  });

const key = '0b4ae8a2-0d3f-4b5c-9f0e-1a2b3c4d5e6f/7c9e6679-7425-40de-944b-e07fc1f90ae7.zst';
const other = key.replace('7c9e', '8c9e');
const bytes = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 10, 13, 255]);

describe.each([
  ['a folder', () => storeOf({})],
  ['a bucket of Supabase', () => bucket()],
])('%s', (_name, open) => {
  test('gives back what was put, byte by byte, until it is deleted', async () => {
    const store = open();
    expect(await store.get(key)).toBeNull();
    await store.put(key, bytes);
    await store.put(other, Buffer.alloc(0));
    expect(await store.get(key)).toEqual(bytes);
    expect(await store.get(other)).toEqual(Buffer.alloc(0));
    await store.put(key, Buffer.from('again'));
    expect(String(await store.get(key))).toBe('again');
    await store.delete([key, key.replace('0b4a', '1b4a')]);
    expect(await store.get(key)).toBeNull();
    expect(await store.get(other)).not.toBeNull();
    await store.delete([other]);
    await store.delete([other]);
  });
});

test('the folder is for this user alone, and leaves nothing behind', async () => {
  const store = storeOf({});
  await store.put(key, bytes);
  const [folder, name] = key.split('/') as [string, string];
  const path = join(directory, 'snapshots', folder);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
  expect(await readdir(path)).toEqual([name]);
  await store.delete([key]);
  expect(await readdir(join(directory, 'snapshots'))).toEqual([]);
});

// Which file a handle is on, only Linux tells.
(process.platform === 'linux' ? test : test.skip)(
  'the folder has what it wrote or deleted forced to the disk when it says so',
  async () => {
    const folder = join(directory, 'snapshots');
    const ofSource = join(folder, key.split('/')[0]!);
    const synced: string[] = [];
    const handle = await open(directory);
    const handles = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const { sync } = handles;
    handles.sync = async function (this: FileHandle) {
      const path = readlinkSync(`/proc/self/fd/${this.fd}`);
      synced.push(path.endsWith('.partial') ? `${statSync(path).size} bytes` : path);
      await sync.call(this);
    };
    try {
      const store = storeOf({});
      await store.put(key, bytes);
      expect(synced.slice(-2)).toEqual([`${bytes.length} bytes`, ofSource]);
      expect(synced).toEqual(expect.arrayContaining([directory, folder]));

      await store.put(other, bytes);
      synced.length = 0;
      await store.delete([other]);
      expect(synced).toContain(ofSource);
      synced.length = 0;
      await store.delete([key]);
      expect(synced).toEqual([folder]);
    } finally {
      handles.sync = sync;
    }
  },
);

test.each(['../escape/x.zst', 'a/../../b.zst', '/etc/passwd', 'a', 'a/b/c', 'a/b\0.zst', ''])(
  'the folder takes no key like %j',
  async (odd) => {
    const store = storeOf({});
    await expect(store.put(odd, bytes)).rejects.toThrow('no key of a snapshot');
    await expect(store.get(odd)).rejects.toThrow('no key of a snapshot');
  },
);

test.each([
  ['another key', { SUPABASE_SERVICE_KEY: 'wrong' }, /signature verification failed/],
  ['a bucket that does not exist', { SNAPSHOT_BUCKET: 'missing' }, /Bucket not found/],
])('%s is an error, not an empty store', async (_name, environment, message) => {
  const store = bucket(environment);
  await expect(store.put(key, bytes)).rejects.toThrow(message);
  await expect(store.get(key)).rejects.toThrow(message);
  await expect(store.delete([key])).rejects.toThrow(message);
});

test('a Supabase that is down is an error', async () => {
  storage.down = true;
  await expect(bucket().put(key, bytes)).rejects.toThrow();
  await expect(bucket().get(key)).rejects.toThrow();
});

test('a bucket needs its project and key, said at start', () => {
  const result = snapshotsConfig.schema.safeParse({ SNAPSHOT_BUCKET: 'snapshots' });
  expect(result.error?.issues.map(({ path }) => path[0])).toEqual(['SUPABASE_URL', 'SUPABASE_SERVICE_KEY']);
});
