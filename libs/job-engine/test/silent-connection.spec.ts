import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { jobs } from '@torale/contracts';
import { createPostgresTestDatabase, eventually, hasPostgres } from '@torale/testing';
import { PgBossJobEngine } from '../src/index.ts';

(hasPostgres ? test : test.skip)(
  'an engine whose connections are silently gone takes new ones',
  async () => {
    const { database, url, close } = await createPostgresTestDatabase(1);
    const [postgres, detour] = [new URL(url), new URL(url)];
    const sockets: Socket[] = [];
    const road = createServer((client) => {
      const server = connect(Number(postgres.port), postgres.hostname);
      client.pipe(server).pipe(client);
      client.on('error', () => server.destroy());
      server.on('error', () => client.destroy());
      sockets.push(client, server);
    }).listen(0, '127.0.0.1');
    await once(road, 'listening');
    detour.port = String((road.address() as AddressInfo).port);
    const engine = await PgBossJobEngine.start({ url: detour.href });
    let runs = 0;
    await engine.work(jobs.deliver, { concurrency: 1, handle: async () => void runs++ });

    // As when a firewall forgets them, or a server loses its power: nobody says that they are closed.
    for (const socket of sockets) socket.unpipe().pause();
    await database.transaction((transaction) =>
      engine.enqueue(transaction, jobs.deliver, [{ delivery_id: randomUUID() }]),
    );
    await eventually('the job', async () => runs === 1, 40_000);

    for (const socket of sockets) socket.destroy();
    await engine.stop(0);
    road.close();
    await close();
  },
  80_000,
);
