import { startPostgres } from '../src/postgres.ts';

process.stdout.write((await startPostgres()).url);
setInterval(() => undefined, 60_000);
