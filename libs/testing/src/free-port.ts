import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to whoever asks for any port, on Linux from 32768 on: no server of a test gets one of these. */
const lowest = 20_000;
/** Test processes beside each other choose from ports of their own. */
const processes = 16;
const own = Number(process.env.JEST_WORKER_ID ?? 0) % processes;
const perProcess = 750;
let next = randomInt(perProcess);

/** A TCP port of 127.0.0.1 that is free, and stays so for whoever binds it a while later. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + next * processes + own;
    next = (next + 1) % perProcess;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}
