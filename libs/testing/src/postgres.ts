import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openPostgres, type Database } from '@torale/database';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { migrate } from './test-database.ts';

const run = promisify(execFile);

const DEBIAN_VERSIONS = '/usr/lib/postgresql';
const MIN_VERSION = 15;
const START_TIMEOUT_MS = 30_000;
const TEMPLATE = 'torale_template';

export interface PostgresDatabase {
  /** As the services log in: row level security does not apply. */
  readonly url: string;
  /** As the gateway logs in: `authenticator`, which can only become `anon` or `authenticated`. */
  readonly authenticatorUrl: string;
}

export interface PostgresCluster extends PostgresDatabase {
  /** Another migrated database, for tests that must not see each other's rows. */
  createDatabase(): Promise<PostgresDatabase>;
  /**
   * Kills with SIGKILL the server with all of its processes, and starts it on what it left behind; or one process
   * that serves a client, upon which the server ends all others and recovers. Resolves when it takes connections.
   */
  crash(what: 'server' | 'backend'): Promise<void>;
  /** Ends every connection and the server, and removes its files. */
  stop(): Promise<void>;
}

/** The folder of a Postgres ≥ 15 with pgvector, or undefined; `TORALE_POSTGRES_BIN` says it outright. */
function findPostgres(): string | undefined {
  if (process.env.TORALE_POSTGRES_BIN) return process.env.TORALE_POSTGRES_BIN;
  if (!existsSync(DEBIAN_VERSIONS)) return undefined;
  const version = readdirSync(DEBIAN_VERSIONS)
    .map(Number)
    .filter((major) => major >= MIN_VERSION)
    .sort((a, b) => b - a)
    .find((major) => existsSync(`/usr/share/postgresql/${major}/extension/vector.control`));
  return version === undefined ? undefined : join(DEBIAN_VERSIONS, String(version), 'bin');
}

/**
 * Whether startPostgres can work here; scripts/install-postgres.sh makes it so on Debian. Where
 * TORALE_REQUIRE_POSTGRES is set (CI) the answer is always yes, so that its absence fails instead of skipping tests.
 */
export const hasPostgres = Boolean(process.env.TORALE_REQUIRE_POSTGRES ?? findPostgres());

/**
 * A private, migrated Postgres on a free port of 127.0.0.1. Its files are in a temporary folder; server and files
 * go when `stop` is called and also when this process dies, even by `kill -9`.
 * @param settings of the server, such as `{ shared_buffers: '1GB' }`
 */
export async function startPostgres(settings: Record<string, string> = {}): Promise<PostgresCluster> {
  const bin = findPostgres();
  if (!bin) throw new Error('No Postgres with pgvector found: run scripts/install-postgres.sh');
  const owner = await serverOwner();
  const folder = await mkdtemp(join(tmpdir(), 'torale-postgres-'));
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  await mkdir(join(folder, 'data'));
  await writeFile(passwordFile, password);
  if (owner)
    await Promise.all(
      ['', 'data', 'password'].map((name) => chown(join(folder, name), owner.uid, owner.gid)),
    );
  await run(
    join(bin, 'initdb'),
    [
      '--pgdata',
      join(folder, 'data'),
      '--username=postgres',
      '--pwfile',
      passwordFile,
      '--auth=scram-sha-256',
      '--no-sync',
      '--encoding=UTF8',
      '--locale=C',
    ],
    { ...owner, cwd: folder },
  );

  const port = await freePort();
  const server = startServer(bin, folder, { port: String(port), ...settings }, owner);
  const urlOf = (database: string, user = 'postgres') =>
    `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
  const stop = async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.stdin!.end();
    await ended;
  };
  try {
    await untilReady(urlOf('postgres'), server, join(folder, 'log'));
    const administrate = (statement: string) => query(urlOf('postgres'), statement);
    await administrate(`create database ${TEMPLATE}`);
    const template = openPostgres({ url: urlOf(TEMPLATE), poolSize: 1 });
    await migrate(template);
    await template.close();
    await administrate(`create role authenticator login noinherit password '${password}'`);
    await administrate('grant anon, authenticated to authenticator');

    const createDatabase = async (): Promise<PostgresDatabase> => {
      const name = `torale_${randomBytes(6).toString('hex')}`;
      await administrate(`create database ${name} template ${TEMPLATE}`);
      return { url: urlOf(name), authenticatorUrl: urlOf(name, 'authenticator') };
    };
    const crash = async (what: 'server' | 'backend') => {
      const ids = await processIds(urlOf('postgres'), what);
      if (what === 'server') ids.unshift(await postmasterId(folder));
      for (const id of what === 'server' ? ids : ids.slice(0, 1)) killNow(id);
      await untilReady(urlOf('postgres'), server, join(folder, 'log'));
    };
    return { ...(await createDatabase()), createDatabase, crash, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Owner = { uid: number; gid: number };

/** Postgres refuses to run as root; then the user that its package created owns the cluster. */
async function serverOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

/**
 * The server hangs on a shell that starts it again when it ends, and that waits for the end of its own input: that
 * comes when `stop` closes it, and also when this process is gone.
 */
function startServer(
  bin: string,
  folder: string,
  own: Record<string, string>,
  owner: Owner | undefined,
): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    shared_buffers: '32MB',
    max_connections: '200',
    ...own,
  };
  const script = `
    folder=$1
    shift
    (
      until [ -e "$folder/stopping" ]; do
        "$0" -D "$folder/data" "$@" >>"$folder/log" 2>&1
        sleep 0.1
      done
      rm "$folder/stopping"
    ) &
    cat >/dev/null
    touch "$folder/stopping"
    while [ -e "$folder/stopping" ]; do
      { kill -INT "$(head -n 1 "$folder/data/postmaster.pid")"; } 2>/dev/null
      sleep 0.05
    done
    cd / && rm -rf "$folder"`;
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return spawn('sh', ['-c', script, join(bin, 'postgres'), folder, ...flags], {
    ...owner,
    cwd: folder,
    // Its own process group: Ctrl-C reaches this process, and through it the server.
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
}

async function untilReady(url: string, server: ChildProcess, log: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await query(url, 'select 1');
      return;
    } catch (error) {
      if (Date.now() > deadline || server.exitCode !== null) {
        throw new Error(`Postgres did not start: ${await readFile(log, 'utf8')}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The processes of the server but the one that started the others, in any order; or those that serve clients. */
async function processIds(url: string, what: 'server' | 'backend'): Promise<number[]> {
  const rows = await query(
    url,
    `select pid from pg_stat_activity where pid <> pg_backend_pid()
       ${what === 'backend' ? "and backend_type = 'client backend'" : ''} order by random()`,
  );
  return rows.map(({ pid }) => pid as number);
}

async function postmasterId(folder: string): Promise<number> {
  return Number.parseInt(await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8'));
}

function killNow(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch (error) {
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  // The server may be killed while this is connected.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** A migrated database on a private Postgres of its own; what `createTestDatabase` is for PGlite. */
export async function createPostgresTestDatabase(
  poolSize = 10,
): Promise<{ database: Database; url: string; close(): Promise<void> }> {
  const cluster = await startPostgres();
  const database = openPostgres({ url: cluster.url, poolSize });
  return {
    database,
    url: cluster.url,
    async close() {
      await database.close();
      await cluster.stop();
    },
  };
}
