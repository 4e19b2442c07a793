import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockDataDirectory } from '../src/data-directory-lock.ts';
import { openPglite } from '../src/index.ts';

describe('the lock on a data directory', () => {
  let directory: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'torale-lock-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    await rm(directory, { recursive: true });
  });

  async function lockInChild(): Promise<ChildProcess> {
    const child = spawn(
      process.execPath,
      [
        '--expose-gc',
        '--conditions=@torale/source',
        join(import.meta.dirname, 'holds-data-directory.child.ts'),
        directory,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    children.push(child);
    await once(child.stdout!, 'data');
    await sleep(100);
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.signalCode) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  it('refuses a second process, naming the first and what to do', async () => {
    const child = await lockInChild();
    await expect(openPglite({ dataDirectory: directory })).rejects.toThrow(
      `${directory} is already used by another Torale (pid ${child.pid}); stop it or set TORALE_DATA_DIR`,
    );
  });

  it('is free the moment its holder is killed, every time', async () => {
    for (let round = 0; round < 3; round++) {
      const child = await lockInChild();
      expect(() => lockDataDirectory(directory)).toThrow('already used');
      await kill(child);
      lockDataDirectory(directory).release();
    }
  });

  it('holds within one process too, until it is released', () => {
    const lock = lockDataDirectory(directory);
    expect(() => lockDataDirectory(directory)).toThrow(`pid ${process.pid}`);
    lock.release();
    lockDataDirectory(directory).release();
  });
});
