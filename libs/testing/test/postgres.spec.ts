import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { eventually, hasPostgres, startPostgres } from '../src/index.ts';

const onPostgres = hasPostgres ? describe : describe.skip;

onPostgres('startPostgres', () => {
  it('starts migrated, gives separate databases and leaves nothing behind', async () => {
    const postgres = await startPostgres();
    const other = await postgres.createDatabase();
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(`insert into auth.users (id) values (gen_random_uuid())`);
    const { rows: here } = await client.query('select count(*)::int as users from auth.users');
    await client.end();
    const elsewhere = new pg.Client({ connectionString: other.url });
    await elsewhere.connect();
    const { rows: there } = await elsewhere.query('select count(*)::int as users from auth.users');
    await elsewhere.end();
    expect([here[0], there[0]]).toEqual([{ users: 1 }, { users: 0 }]);

    await postgres.stop();
    await expect(answers(new URL(postgres.url).port)).resolves.toBe(false);
  }, 60_000);

  it('ends with the process that started it, even one that is killed', async () => {
    const child = spawn(
      process.execPath,
      ['--conditions=@torale/source', join(import.meta.dirname, 'start-postgres.child.ts')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [url] = (await once(child.stdout, 'data')) as [Buffer];
    const { port } = new URL(String(url));
    await expect(answers(port)).resolves.toBe(true);
    child.kill('SIGKILL');
    await eventually('the server to end', async () => !(await answers(port)));
  }, 60_000);
});

const answers = (port: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
